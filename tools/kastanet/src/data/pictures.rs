//! A folder of pictures: for each class a folder with its name, or pictures alone.
//!
//! Classes are numbered in the order of their folders' names. A picture is read as the network wants its channels,
//! with values from 0 to 255: grey where it takes height × width, as luma (Rec. 709) of colours, or red, green and
//! blue where it takes height × width × 3. Transparency is dropped. Nothing is resized: how that is done changes what
//! a network sees. Names that start with a dot are passed over.

use super::{Ask, Classes, Data, MAX_BYTES, Wanted, unusable};
use crate::arrays::{Array, Element};
use crate::failure::Failure;
use crate::graph::narrow;
use image::{DynamicImage, ImageDecoder, ImageReader};
use std::fs;
use std::path::{Path, PathBuf};

/// Reads a folder.
pub(super) fn read(
    folder: &Path,
    wanted: &Wanted,
    after: &mut dyn FnMut(usize),
) -> Result<Data, Failure> {
    let files = files(folder, wanted.classes == Ask::Always)?;
    let Some(first) = files.first() else {
        return Err(unusable(folder)
            .because("there are no pictures in it")
            .help("give a folder with a folder of pictures for each class"));
    };
    let size = wanted.size();
    let all = files.len().checked_mul(size).filter(|&all| all <= MAX_BYTES).ok_or_else(|| {
        unusable(folder)
            .because(format!("{} pictures of {size} values are too many", files.len()))
            .help(format!("give fewer, of at most {MAX_BYTES} values in all"))
    })?;
    let sizes = Picture::open(&first.path)?.dimensions();
    let layout = Layout::of(wanted, sizes).ok_or_else(|| another_shape(first, sizes, wanted))?;
    let mut bytes = vec![];
    let reserved = bytes.try_reserve_exact(all);
    reserved.map_err(|error| unusable(folder).because(error).help("free some memory"))?;
    for file in &files {
        let picture = Picture::open(&file.path)?;
        if picture.dimensions() != sizes {
            return Err(another_size(file, picture.dimensions(), first, sizes));
        }
        bytes.extend(picture.values(layout)?);
        after(files.len());
    }
    let shape = [&[files.len()][..], &layout.shape(wanted, sizes)].concat();
    let x = Array { shape, element: Element::U8, bytes };
    let name = format!("`{}`", folder.display());
    let has_classes = wanted.classes != Ask::Never && first.class.is_some();
    let classes = has_classes.then(|| classes(folder, &name, &files)).transpose()?;
    Ok(Data { name, x, is_raw: true, classes })
}

/// A picture, and the name of the folder of its class.
struct File {
    path: PathBuf,
    class: Option<String>,
}

impl File {
    fn said(&self) -> String {
        format!("`{}`", self.path.display())
    }
}

/// The files of each class, classes in order; or the files, which have no class.
fn files(folder: &Path, needs_classes: bool) -> Result<Vec<File>, Failure> {
    let entries = entries(folder)?;
    let (folders, files): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(_, path)| path.is_dir());
    if folders.is_empty() && !needs_classes {
        return Ok(files.into_iter().map(|(_, path)| File { path, class: None }).collect());
    }
    if let (false, Some((name, _))) = (folders.is_empty() && files.is_empty(), files.first()) {
        return Err(unusable(folder)
            .because(format!("`{name}` in it is no folder"))
            .help("keep a folder of pictures for each class, and nothing beside them"));
    }
    let mut all = vec![];
    for (class, folder) in folders {
        for (_, path) in entries_of_class(&folder)? {
            all.push(File { path, class: Some(class.clone()) });
        }
    }
    Ok(all)
}

/// Names and paths of what is in a folder, in order, but for what is hidden.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let unread = |error| unusable(folder).because(error).help("check its permissions");
    let mut entries = vec![];
    for entry in fs::read_dir(folder).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            entries.push((name, entry.path()));
        }
    }
    entries.sort();
    Ok(entries)
}

fn entries_of_class(folder: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let entries = entries(folder)?;
    match entries.iter().find(|(_, path)| path.is_dir()) {
        None => Ok(entries),
        Some((name, _)) => Err(unusable(folder)
            .because(format!("`{name}` in it is a folder, where pictures of a class are"))
            .help("give the folder whose folders are the classes")),
    }
}

/// Folders without pictures are classes too.
fn classes(folder: &Path, name: &str, files: &[File]) -> Result<Classes, Failure> {
    let folders = entries(folder)?;
    let names = folders.iter().map(|(name, _)| name.as_str());
    Classes::of_names(name, names.collect(), files.iter().filter_map(|file| file.class.as_deref()))
}

/// How a picture becomes a sample.
#[derive(Clone, Copy)]
enum Layout {
    Grey,
    Colour,
}

impl Layout {
    /// As the network wants it, if it fits.
    fn of(wanted: &Wanted, (width, height): (u32, u32)) -> Option<Self> {
        let (width, height) = (width as usize, height as usize);
        let shape = narrow(&wanted.shape);
        let is_flat = wanted.is_vector() && height.checked_mul(width) == Some(wanted.size());
        match () {
            () if shape == narrow(&[height, width, 3]) => Some(Layout::Colour),
            () if shape == narrow(&[height, width]) || is_flat => Some(Layout::Grey),
            () => None,
        }
    }

    /// The shape of a sample.
    fn shape(self, wanted: &Wanted, (width, height): (u32, u32)) -> Vec<usize> {
        match self {
            _ if wanted.is_vector() => wanted.shape.clone(),
            Layout::Grey => vec![height as usize, width as usize],
            Layout::Colour => vec![height as usize, width as usize, 3],
        }
    }
}

/// A picture of which the size is known, and nothing decoded yet.
struct Picture<'p> {
    path: &'p Path,
    decoder: Box<dyn ImageDecoder + 'p>,
}

impl<'p> Picture<'p> {
    fn open(path: &'p Path) -> Result<Self, Failure> {
        let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
        let reader = reader.map_err(|error| unread(path, error))?;
        let decoder = reader.into_decoder().map_err(|error| unread(path, error))?;
        Ok(Picture { path, decoder: Box::new(decoder) })
    }

    /// Width and height.
    fn dimensions(&self) -> (u32, u32) {
        self.decoder.dimensions()
    }

    /// Row by row, channels side by side.
    fn values(self, layout: Layout) -> Result<Vec<u8>, Failure> {
        let picture = DynamicImage::from_decoder(self.decoder);
        let picture = picture.map_err(|error| unread(self.path, error))?;
        Ok(match layout {
            Layout::Grey => picture.into_luma8().into_raw(),
            Layout::Colour => picture.into_rgb8().into_raw(),
        })
    }
}

fn unread(path: &Path, error: impl std::fmt::Display) -> Failure {
    unusable(path)
        .because("it is no picture that can be read")
        .because(error)
        .help("keep nothing but PNG, JPEG, BMP, PGM and PPM files in the folders")
}

fn said((width, height): (u32, u32)) -> String {
    format!("{width}×{height} pixels (width × height)")
}

fn another_shape(file: &File, sizes: (u32, u32), wanted: &Wanted) -> Failure {
    Failure::new(format!("{} does not fit the network", file.said()))
        .because(format!("it has {}, the network takes {}", said(sizes), wanted.said()))
        .help("resize the pictures as you did for training; grey or three colours are made of any")
}

fn another_size(file: &File, sizes: (u32, u32), first: &File, expected: (u32, u32)) -> Failure {
    Failure::new(format!("{} is of another size than {}", file.said(), first.said()))
        .because(format!("it has {}, the other {}", said(sizes), said(expected)))
        .help("resize the pictures to one size, as you did for training")
}
