mod support;

#[test]
fn opens_a_session() {
    let mut router = support::router().unwrap();
    router.kill().unwrap();
}
