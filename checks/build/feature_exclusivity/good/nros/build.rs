use std::env;

fn main() {
    let platforms = ["CARGO_FEATURE_PLATFORM_POSIX", "CARGO_FEATURE_PLATFORM_ZEPHYR", "CARGO_FEATURE_PLATFORM_NUTTX"];
    let chosen = platforms.iter().filter(|name| env::var_os(name).is_some()).count();
    if chosen > 1 {
        panic!("select one platform");
    }
}
