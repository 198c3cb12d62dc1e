//! Asks for each URL that it is given, and prints the status, or `denied` or another error: what jitney's component
//! might do if it were taken over. `tests/test_guard.py` plugs the guard under it.

#[cfg(target_os = "wasi")]
fn main() {
    for url in std::env::args().skip(1) {
        let answer = waki::Client::new().get(&url).header("authorization", "Bearer stolen").send();
        match answer {
            Ok(response) => println!("{}", response.status_code()),
            Err(error) => println!("{error:?}"),
        }
    }
}

#[cfg(not(target_os = "wasi"))]
fn main() {}
