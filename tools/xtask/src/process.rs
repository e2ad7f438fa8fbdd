//! Running other programs.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Runs it with this program's output; an error where it does not succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| describe(command))?;
    if !status.success() {
        bail!("{} ended with {status}", describe(command));
    }
    Ok(())
}

/// Runs it silently and gives its output; an error with its messages where it does not succeed.
pub fn capture(command: &mut Command) -> Result<Vec<u8>> {
    let Output { status, stdout, stderr } = command.output().with_context(|| describe(command))?;
    if !status.success() {
        let messages = String::from_utf8_lossy(&stderr);
        bail!("{} ended with {status}\n{}", describe(command), messages.trim_end());
    }
    Ok(stdout)
}

/// Runs it for at most `limit` with its output in `output`; gives its exit code.
pub fn run_for(command: &mut Command, limit: Duration, output: &Path) -> Result<i32> {
    let file = File::create(output).with_context(|| output.display().to_string())?;
    command.stdout(file.try_clone()?).stderr(file).stdin(std::process::Stdio::null());
    let mut child = command.spawn().with_context(|| describe(command))?;
    let status = wait(&mut child, limit)?;
    let Some(status) = status else {
        bail!("no end after {} s: {}", limit.as_secs(), describe(command));
    };
    status.code().with_context(|| format!("{} ended with {status}", describe(command)))
}

/// Waits for the child's end; ends it at the limit and gives `None`.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        sleep(Duration::from_millis(10));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// The file that the shell would run for `name`.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(&file)).find(|path| path.is_file())
}

fn describe(command: &Command) -> String {
    let args = command.get_args().map(|arg| arg.to_string_lossy());
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words: Vec<_> = [program.to_string_lossy()].into_iter().chain(args).collect();
    format!("`{}`", words.join(" "))
}
