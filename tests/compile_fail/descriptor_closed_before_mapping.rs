//! A builder uses its descriptor when it maps.
use rawmap::{
    mapping::{Builder, Error},
    object,
};

fn main() -> Result<(), Error> {
    let builder = {
        let memory = object::memory(c"a name", 4096)?;
        Builder::descriptor(&memory)
    };
    let _ = builder.map()?;
    Ok(())
}
