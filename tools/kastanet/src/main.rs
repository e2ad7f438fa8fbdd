//! The command line.

fn main() -> std::process::ExitCode {
    kastanet_cli::cli::main()
}
