//! One test for each way a network can be refused, called after the error it provokes: the
//! network's own, an operator's, a weight matrix's. Then what an image says of its length.

use host_tests::device;
use host_tests::generate::example;
use kastanet::image::Image;
use kastanet_cli::pack::Options;

mod network {
    host_tests::a_test_for_each! { host_tests::refusals::network:
        arena_too_small arena_misaligned unknown_operator operator_not_linked bad_operator
    }
}

mod layers {
    host_tests::a_test_for_each! { host_tests::refusals::layers:
        bad_input_count bad_type bad_shape bad_parameters bad_weights weights_out_of_range
        unknown_format wrong_format matrix not_in_place scratch_too_small
    }
}

mod sparse {
    host_tests::a_test_for_each! { host_tests::refusals::sparse:
        bad_length column_out_of_range columns_not_ascending bad_count_width bad_parameter
        bad_columns spare_not_zero phantom_not_zero too_large
    }
}

/// What a bootloader asks of a partition that is longer than the image in it.
#[test]
fn len_of() {
    let image = device::packed(&example(), &Options::default()).image;
    assert_eq!(Image::len_of(&image), Some(image.len()));
    let partition = [&image[..], &[0xff; 100]].concat();
    assert_eq!(Image::len_of(&partition), Some(image.len()), "more follows");
    assert_eq!(Image::len_of(&image[..64]), Some(image.len()), "the header is enough");
    assert_eq!(Image::len_of(&partition[1..]), None, "not where it starts");
    for given in [0, 1, 4, 63] {
        assert_eq!(Image::len_of(&image[..given]), None, "{given} bytes are no header");
    }
    assert_eq!(Image::len_of(&[0xff; 64]), None, "erased flash");
}
