//! One test for each way an image can be wrong, called after the error it provokes.

host_tests::a_test_for_each! { host_tests::refusals::image:
    misaligned truncated trailing_bytes bad_magic unsupported_version bad_checksum
    reserved_not_zero bad_section too_many unknown_section duplicate_section missing_section
    bad_section_length unknown_type unknown_place bad_shape bad_quantisation misaligned_tensor
    bad_alias never_written tensor_out_of_range truncated_operator bad_reference bad_lifetime
    bad_port overlap bad_scratch normalisation_mismatch bad_normalisation
}
