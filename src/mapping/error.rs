//! Why something could not be done with a mapping.

use core::{error, fmt};

use crate::Errno;

/// What the methods of owned mappings answer with when they did not do what was asked.
///
/// A range or a request that makes no sense is told apart from what the kernel refused, and changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// The range is not one of this mapping.
    Range(RangeError),
    /// What is asked for makes no sense, or not with this mapping.
    Request(RequestError),
    /// The system refused it.
    Os(Errno),
}

/// What is wrong with a range within a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RangeError {
    /// It begins beyond the end of the mapping.
    Start,
    /// It ends beyond the end of the mapping, or before it begins.
    End,
    /// It begins or ends within a page, or an element, of which only whole ones can be had. The end of the mapping is
    /// as good as that of a page.
    Unaligned,
}

/// What is wrong with what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestError {
    /// The length is 0.
    Empty,
    /// The length, with its guard pages, is more than a program can have.
    TooLong,
    /// The address is 0.
    AddressZero,
    /// The address is not aligned as it has to be.
    UnalignedAddress,
    /// The offset is not a multiple of the page size, or of that of the huge pages.
    UnalignedOffset,
    /// The alignment is no power of two.
    Alignment,
    /// The file is empty.
    EmptyFile,
    /// The offset lies at or beyond the end of the file.
    OffsetBeyondEnd,
    /// The file ends before the range that is to be mapped.
    BeyondEnd,
    /// It is a directory.
    Directory,
    /// The length of what the descriptor is of is not known, or nothing that could be mapped: a pipe, a socket, a device.
    NoLength,
    /// The name contains a zero byte.
    NameZero,
    /// The name is longer than the system takes.
    NameTooLong,
    /// The name contains a character that the system does not take.
    NameCharacter,
    /// There are not as many huge pages in the pool of their size, or there is no such pool.
    NoHugePages,
    /// The protection goes beyond the maximum that the mapping was made with.
    BeyondMaximum,
    /// The mapping has guard pages, which cannot be resized or moved along.
    Guarded,
    /// Parts of the mapping have protections of their own; [`protect`](super::Mapping::protect) of the whole makes them
    /// one.
    Mixed,
    /// The advice may change what the memory holds or who can use it.
    NotBenign,
    /// The mappings are not neighbouring parts of what was one mapping, in their order, or became unlike since.
    NotParts,
    /// The memory may change without a store of this program's, or cannot be read or written.
    NoReference,
    /// There is no room for an answer about each page.
    ShortBuffer,
}

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "the range begins beyond the end of the mapping",
            Self::End => "the range ends beyond the end of the mapping, or before it begins",
            Self::Unaligned => "the range begins or ends within a page or an element",
        })
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the length is 0",
            Self::TooLong => "the length is more than a program can have",
            Self::AddressZero => "the address is 0",
            Self::UnalignedAddress => "the address is not aligned",
            Self::UnalignedOffset => "the offset is not aligned",
            Self::Alignment => "the alignment is no power of two",
            Self::EmptyFile => "the file is empty",
            Self::OffsetBeyondEnd => "the offset lies at or beyond the end of the file",
            Self::BeyondEnd => "the file ends before the range",
            Self::Directory => "it is a directory",
            Self::NoLength => "what is to be mapped has no length",
            Self::NameZero => "the name contains a zero byte",
            Self::NameTooLong => "the name is too long",
            Self::NameCharacter => "the name contains a character that the system does not take",
            Self::NoHugePages => "there are not enough huge pages in the pool",
            Self::BeyondMaximum => "the protection goes beyond the maximum of the mapping",
            Self::Guarded => "the mapping has guard pages",
            Self::Mixed => "parts of the mapping have protections of their own",
            Self::NotBenign => "the advice may change what the memory holds",
            Self::NotParts => "the mappings are not neighbouring parts of one",
            Self::NoReference => "there can be no reference to this memory",
            Self::ShortBuffer => "there is no room for an answer about each page",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(error) => error.fmt(f),
            Self::Request(error) => error.fmt(f),
            Self::Os(error) => error.fmt(f),
        }
    }
}

impl error::Error for RangeError {}
impl error::Error for RequestError {}
impl error::Error for Error {}

impl From<RangeError> for Error {
    #[inline]
    fn from(error: RangeError) -> Self {
        Self::Range(error)
    }
}

impl From<RequestError> for Error {
    #[inline]
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<Errno> for Error {
    #[inline]
    fn from(error: Errno) -> Self {
        Self::Os(error)
    }
}

/// What is wrong with an argument is `InvalidInput`; what the system refused is its number.
#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Os(error) => error.into(),
            Error::Request(RequestError::NoHugePages) => {
                Self::new(std::io::ErrorKind::OutOfMemory, error)
            }
            Error::Range(_) | Error::Request(_) => {
                Self::new(std::io::ErrorKind::InvalidInput, error)
            }
        }
    }
}

/// What a method that consumes an owner gives back when it could not: the owner, and why.
#[derive(Debug)]
pub struct Refused<M> {
    owner: M,
    error: Error,
}

impl<M> Refused<M> {
    #[cold]
    pub(super) fn new(owner: M, error: impl Into<Error>) -> Self {
        Self {
            owner,
            error: error.into(),
        }
    }

    /// Why.
    #[must_use]
    #[inline]
    pub const fn error(&self) -> Error {
        self.error
    }

    /// The owner, as it was.
    #[must_use]
    #[inline]
    pub fn into_owner(self) -> M {
        self.owner
    }

    pub(super) fn map<N>(self, owner: impl FnOnce(M) -> N) -> Refused<N> {
        Refused {
            owner: owner(self.owner),
            error: self.error,
        }
    }
}

impl<M> fmt::Display for Refused<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<M: fmt::Debug> error::Error for Refused<M> {}

/// The owner is dropped.
impl<M> From<Refused<M>> for Error {
    fn from(refused: Refused<M>) -> Self {
        refused.error
    }
}
