//! Telling the program what was done.

use core::{
    fmt::{self, Write},
    mem, ptr,
    sync::atomic::{
        AtomicPtr,
        Ordering::{Acquire, Release},
    },
};

use super::Registry;
use crate::{
    Advice, Inherit, Prot, Result,
    space::{Attrs, Discard, Kind, MoveTo, Placement, Region, SyncMode},
};

/// What a registry was called for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Call {
    /// A new mapping.
    Map {
        /// How long.
        len: usize,
        /// Where.
        placement: Placement,
        /// With what.
        attrs: Attrs,
    },
    /// A mapping in place of what is there.
    MapOver {
        /// Where.
        at: Region,
        /// With what.
        attrs: Attrs,
    },
    /// The end of a mapping.
    Unmap(Region),
    /// Another protection.
    Protect(Region, Prot),
    /// Another length, or another place.
    Remap {
        /// What.
        region: Region,
        /// How long.
        new_len: usize,
        /// Where to.
        to: MoveTo,
    },
    /// Advice.
    Advise(Region, Advice),
    /// The end of what a mapping holds.
    Discard(Region, Discard),
    /// Another policy for children.
    Inherit(Region, Inherit),
    /// Writing back.
    Sync(Region, SyncMode),
    /// Locking.
    Lock(Region),
    /// Unlocking.
    Unlock(Region),
}

/// A call that is over.
///
/// It prints as one line, with names for numbers:
///
/// ```text
/// protect 0x7f0000000000 + 0x1000 READ = 0 [3 maps, 0x5000 bytes]
/// map 0x2000 READ | WRITE private anonymous anywhere = 0x7f0000001000 [4 maps, 0x7000 bytes]
/// unmap 0x7f0000001000 + 0x2000 = ENOMEM [4 maps, 0x7000 bytes]
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Event {
    call: Call,
    result: Result<Option<Region>>,
    maps: usize,
    bytes: usize,
}

impl Event {
    /// What was called for.
    #[must_use]
    pub const fn call(&self) -> &Call {
        &self.call
    }

    /// How it ended; with a region, where the call makes one.
    ///
    /// # Errors
    ///
    /// That of the call.
    pub const fn result(&self) -> Result<Option<Region>> {
        self.result
    }

    /// How many mappings were recorded when it ended.
    #[must_use]
    pub const fn maps(&self) -> usize {
        self.maps
    }

    /// The bytes of all of them.
    #[must_use]
    pub const fn mapped_bytes(&self) -> usize {
        self.bytes
    }

    /// Its line, with a line feed, in a buffer of the program's: as much of it as there is room for. Nothing is
    /// allocated, so that a hook can write it anywhere.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    /// use rawmap::registry::{Event, Registry};
    /// use rawmap::space::{AddressSpace, Kernel, MapRequest};
    ///
    /// static SEEN: AtomicBool = AtomicBool::new(false);
    /// fn hook(event: &Event) {
    ///     let mut buffer = [0; 200];
    ///     let line = event.line(&mut buffer);
    ///     SEEN.store(line.starts_with("map 0x1000 READ | WRITE private"), Relaxed);
    /// }
    /// static REGISTRY: Registry = Registry::new(Kernel);
    /// // SAFETY: `hook` does not panic.
    /// unsafe { REGISTRY.set_hook(Some(hook)) };
    /// REGISTRY.map(&MapRequest::anonymous(0x1000))?;
    /// assert!(SEEN.load(Relaxed));
    /// # Ok::<(), rawmap::Errno>(())
    /// ```
    pub fn line<'b>(&self, buffer: &'b mut [u8]) -> &'b str {
        let mut line = Line { buffer, len: 0 };
        // A full buffer is the only failure, and what fits is what is wanted.
        let _ = writeln!(line, "{self}");
        let written = line.buffer.get(..line.len).unwrap_or_default();
        str::from_utf8(written).unwrap_or_default()
    }
}

/// A buffer that is being written to.
struct Line<'b> {
    buffer: &'b mut [u8],
    len: usize,
}

impl Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.buffer.get_mut(self.len..).unwrap_or_default();
        // Lines are ASCII, so that they can be cut anywhere.
        let count = room.len().min(text.len());
        for (to, from) in room.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        self.len += count;
        if count == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// A range, as a line has it.
struct Range(Region);

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x} + {:#x}", self.0.start(), self.0.len())
    }
}

/// A protection, as a line has it.
struct Access(Prot);

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("NONE")
        } else {
            bitflags::parser::to_writer(&self.0, f)
        }
    }
}

/// What a mapping is made with, as a line has it.
struct With<'a>(&'a Attrs);

impl fmt::Display for With<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(attrs) = self;
        let sharing = if attrs.shared() { "shared" } else { "private" };
        write!(f, "{} {sharing}", Access(attrs.prot()))?;
        match attrs.kind() {
            Kind::Anonymous => f.write_str(" anonymous"),
            Kind::File { offset } => write!(f, " file from {offset:#x}"),
        }
    }
}

/// The name of a value, or its number.
struct Named(Option<&'static str>, i32);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.1),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Map {
                len,
                placement,
                ref attrs,
            } => {
                write!(f, "map {len:#x} {}", With(attrs))?;
                match placement {
                    Placement::Anywhere => f.write_str(" anywhere"),
                    Placement::Hint(at) => write!(f, " near {at:#x}"),
                    Placement::FixedNoReplace(at) => write!(f, " at {at:#x}"),
                }
            }
            Self::MapOver { at, ref attrs } => write!(f, "map over {} {}", Range(at), With(attrs)),
            Self::Unmap(region) => write!(f, "unmap {}", Range(region)),
            Self::Protect(region, prot) => write!(f, "protect {} {}", Range(region), Access(prot)),
            Self::Remap {
                region,
                new_len,
                to,
            } => {
                write!(f, "remap {} to {new_len:#x}", Range(region))?;
                match to {
                    MoveTo::InPlace => f.write_str(" in place"),
                    MoveTo::Anywhere => f.write_str(" anywhere"),
                    MoveTo::FixedNoReplace(at) => write!(f, " at {at:#x}"),
                }
            }
            Self::Advise(region, advice) => {
                let name = Named(advice.name(), advice.raw());
                write!(f, "advise {} {name}", Range(region))
            }
            Self::Discard(region, Discard::Lazy) => write!(f, "discard {} lazily", Range(region)),
            Self::Discard(region, Discard::Zero) => write!(f, "discard {} to zero", Range(region)),
            Self::Inherit(region, how) => {
                write!(
                    f,
                    "inherit {} {}",
                    Range(region),
                    Named(how.name(), how.raw())
                )
            }
            Self::Sync(region, SyncMode::Start) => write!(f, "sync {} start", Range(region)),
            Self::Sync(region, SyncMode::Wait) => write!(f, "sync {} wait", Range(region)),
            Self::Lock(region) => write!(f, "lock {}", Range(region)),
            Self::Unlock(region) => write!(f, "unlock {}", Range(region)),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = ", self.call)?;
        match self.result {
            Ok(Some(region)) => write!(f, "{:#x}", region.start())?,
            Ok(None) => f.write_str("0")?,
            Err(error) => match error.name() {
                Some(name) => f.write_str(name)?,
                None => write!(f, "{error}")?,
            },
        }
        write!(f, " [{} maps, {:#x} bytes]", self.maps, self.bytes)
    }
}

/// The program's function, or null.
#[derive(Debug)]
pub(super) struct Hook(AtomicPtr<()>);

impl Hook {
    pub(super) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    fn set(&self, hook: Option<fn(&Event)>) {
        let word = hook.map_or(ptr::null_mut(), |hook| hook as *mut ());
        // Release pairs with the acquire below: the function finds what was prepared for it.
        self.0.store(word, Release);
    }

    fn get(&self) -> Option<fn(&Event)> {
        let word = self.0.load(Acquire);
        // SAFETY: the word is null, which is `None`, or was made of such a function, of which `Option` has the layout.
        unsafe { mem::transmute::<*mut (), Option<fn(&Event)>>(word) }
    }
}

impl<A> Registry<A> {
    /// Has a function called after every operation, outside of the lock, in the thread and in the frame that made it; or
    /// no function any more.
    ///
    /// It may use the registry, which calls it again for that. It may be called at the same time by many threads, and by
    /// handlers.
    ///
    /// # Safety
    ///
    /// The function does not unwind: whoever stands on an address space relies on that.
    pub unsafe fn set_hook(&self, hook: Option<fn(&Event)>) {
        self.hook.set(hook);
    }

    /// Tells the hook, if there is one.
    pub(super) fn tell(&self, call: impl FnOnce() -> Call, result: Result<Option<Region>>) {
        if let Some(hook) = self.hook.get() {
            hook(&Event {
                call: call(),
                result,
                maps: self.len(),
                bytes: self.mapped_bytes(),
            });
        }
    }
}
