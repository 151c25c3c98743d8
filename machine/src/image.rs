//! What an ELF file says: its segments and its notes.

use object::LittleEndian;
use object::elf::{
    self, EM_AARCH64, EM_X86_64, ET_DYN, ET_EXEC, OsAbi, PF_R, PF_W, PF_X, PT_INTERP, PT_LOAD,
    PT_NOTE, PT_PHDR,
};
use object::read::elf::{FileHeader, ProgramHeader};

use crate::space::Protection;
use crate::target::Architecture;

type Header = elf::FileHeader64<LittleEndian>;

/// Why a file is not run.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The file is no ELF file that could be read.
    #[error("not a readable ELF file: {0}")]
    Unreadable(#[from] object::read::Error),
    /// The file is for another processor, or no program.
    #[error("{0}")]
    Unsuitable(&'static str),
    /// The kernel does not recognise the file as one of its own.
    #[error("exec format error: {0}")]
    Unbranded(&'static str),
}

/// A program, read but not placed.
pub(crate) struct Image {
    pub(crate) architecture: Architecture,
    /// The byte of the identification that names an operating system.
    pub(crate) os_abi: OsAbi,
    pub(crate) entry: u64,
    /// Whether the program can stand anywhere.
    pub(crate) position_independent: bool,
    pub(crate) segments: Vec<Segment>,
    pub(crate) header_count: usize,
    /// Where the program headers stand once loaded, before any displacement.
    pub(crate) header_address: u64,
    /// The contents of each `PT_NOTE` segment.
    pub(crate) notes: Vec<Vec<u8>>,
}

/// A part of the file that is loaded.
pub(crate) struct Segment {
    pub(crate) address: u64,
    pub(crate) memory_size: u64,
    pub(crate) file_offset: u64,
    pub(crate) file_size: u64,
    pub(crate) protection: Protection,
    pub(crate) alignment: u64,
}

/// One note record.
pub(crate) struct Note<'data> {
    pub(crate) name: &'data [u8],
    pub(crate) kind: u32,
    pub(crate) description: &'data [u8],
}

impl Image {
    pub(crate) fn parse(file: &[u8]) -> Result<Self, Refusal> {
        let header = Header::parse(file)?;
        let endian = header.endian()?;
        let architecture = match header.e_machine(endian) {
            EM_X86_64 => Architecture::X86_64,
            EM_AARCH64 => Architecture::Aarch64,
            _ => return Err(Refusal::Unsuitable("neither x86_64 nor aarch64")),
        };
        let position_independent = match header.e_type(endian) {
            ET_EXEC => false,
            ET_DYN => true,
            _ => return Err(Refusal::Unsuitable("not a program")),
        };
        let program_headers = header.program_headers(endian, file)?;
        let mut image = Self {
            architecture,
            os_abi: header.e_ident().os_abi,
            entry: header.e_entry(endian),
            position_independent,
            segments: Vec::new(),
            header_count: program_headers.len(),
            header_address: 0,
            notes: Vec::new(),
        };
        let header_offset = header.e_phoff(endian);
        for program_header in program_headers {
            match program_header.p_type(endian) {
                PT_LOAD => {
                    let segment = Segment::of(program_header, endian, file)?;
                    let end = segment.file_offset + segment.file_size;
                    if (segment.file_offset..end).contains(&header_offset) {
                        image.header_address =
                            segment.address + (header_offset - segment.file_offset);
                    }
                    image.segments.push(segment);
                }
                PT_PHDR => image.header_address = program_header.p_vaddr(endian),
                PT_NOTE => image
                    .notes
                    .push(segment_bytes(program_header, endian, file)?.to_vec()),
                PT_INTERP => return Err(Refusal::Unsuitable("dynamically linked")),
                _ => {}
            }
        }
        if image.segments.is_empty() {
            return Err(Refusal::Unsuitable("nothing to load"));
        }
        Ok(image)
    }

    /// The notes in the note segments that are no longer than `limit`.
    pub(crate) fn note_records(&self, limit: usize) -> impl Iterator<Item = Note<'_>> {
        self.notes
            .iter()
            .filter(move |segment| segment.len() <= limit)
            .flat_map(|segment| records(segment))
    }

    /// The lowest and the highest address that the file asks for.
    pub(crate) fn extent(&self) -> (u64, u64) {
        let first = self.segments.iter().map(|segment| segment.address).min();
        let last = self.segments.iter().map(Segment::end).max();
        (first.unwrap_or(0), last.unwrap_or(0))
    }
}

impl Segment {
    fn of(
        header: &elf::ProgramHeader64<LittleEndian>,
        endian: LittleEndian,
        file: &[u8],
    ) -> Result<Self, Refusal> {
        let flags = header.p_flags(endian);
        let mut protection = Protection::empty();
        protection.set(Protection::READ, flags.contains(PF_R));
        protection.set(Protection::WRITE, flags.contains(PF_W));
        protection.set(Protection::EXECUTE, flags.contains(PF_X));
        segment_bytes(header, endian, file)?;
        let segment = Self {
            address: header.p_vaddr(endian),
            memory_size: header.p_memsz(endian),
            file_offset: header.p_offset(endian),
            file_size: header.p_filesz(endian),
            protection,
            alignment: header.p_align(endian).max(1),
        };
        let sound = segment.file_size <= segment.memory_size
            && segment.address.checked_add(segment.memory_size).is_some()
            && segment.alignment.is_power_of_two();
        if sound {
            Ok(segment)
        } else {
            Err(Refusal::Unsuitable("a segment contradicts itself"))
        }
    }

    pub(crate) fn end(&self) -> u64 {
        self.address + self.memory_size
    }
}

fn segment_bytes<'data>(
    header: &elf::ProgramHeader64<LittleEndian>,
    endian: LittleEndian,
    file: &'data [u8],
) -> Result<&'data [u8], Refusal> {
    header
        .data(endian, file)
        .map_err(|()| Refusal::Unsuitable("a segment reaches beyond the file"))
}

/// Walks the records as the kernels do: names and descriptions padded to four bytes, up to the first that is cut off.
fn records(mut rest: &[u8]) -> impl Iterator<Item = Note<'_>> {
    core::iter::from_fn(move || {
        let (sizes, body) = rest.split_first_chunk::<12>()?;
        let word = |at: usize| {
            u32::from_le_bytes([sizes[at], sizes[at + 1], sizes[at + 2], sizes[at + 3]])
        };
        let (name_size, description_size) = (word(0) as usize, word(4) as usize);
        let name = body.get(..name_size)?;
        let body = body.get(name_size.next_multiple_of(4)..)?;
        let description = body.get(..description_size)?;
        rest = body
            .get(description_size.next_multiple_of(4)..)
            .unwrap_or_default();
        Some(Note {
            name,
            kind: word(8),
            description,
        })
    })
}

impl Note<'_> {
    /// The description as the one number it is in every note that the kernels look at.
    pub(crate) fn number(&self) -> Option<u32> {
        self.description.try_into().ok().map(u32::from_le_bytes)
    }
}
