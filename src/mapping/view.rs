//! Views of memory that others may change: copies by atomic accesses, and never a reference.

use core::{
    fmt,
    marker::PhantomData,
    ops::{Deref, RangeBounds},
    ptr::NonNull,
    sync::atomic::{
        AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, Ordering::Relaxed, fence,
    },
};

use super::{Mapping, RangeError};
use crate::space::AddressSpace;

mod sealed {
    pub trait Sealed {}
}

/// What a view consists of: a number that is loaded and stored as a whole.
///
/// It is `u8`, `u16`, `u32`, `u64` or `usize`, and nothing else.
pub trait Unit: Copy + sealed::Sealed + 'static {
    /// The atomic type of this width.
    type Atomic;
    #[doc(hidden)]
    fn load(from: &Self::Atomic) -> Self;
    #[doc(hidden)]
    fn store(to: &Self::Atomic, value: Self, order: Ordering);
}

macro_rules! units {
    ($($Unit:ty, $Atomic:ty;)*) => {
        $(
            impl sealed::Sealed for $Unit {}
            impl Unit for $Unit {
                type Atomic = $Atomic;
                #[inline]
                fn load(from: &$Atomic) -> Self {
                    // Relaxed: `View::load` has the fences.
                    from.load(Relaxed)
                }
                #[inline]
                fn store(to: &$Atomic, value: Self, order: Ordering) {
                    to.store(value, order);
                }
            }
        )*
    };
}

units! {
    u8, AtomicU8;
    u16, AtomicU16;
    u32, AtomicU32;
    u64, AtomicU64;
    usize, AtomicUsize;
}

/// Memory that can be read for as long as the view is there, in units of one width.
///
/// Others may store to it meanwhile: another process, another mapping of the same file. Every access is atomic and of the
/// width of `T`; a copy of several units is one by one, relaxed, in no order, and not all of one moment. Made by
/// [`Mapping::view`].
///
/// A store by another process is seen as one by a thread, if it is of the same width.
pub struct View<'a, T: Unit = u8> {
    start: NonNull<T::Atomic>,
    len: usize,
    lifetime: PhantomData<&'a T::Atomic>,
}

/// Memory that can be read and written for as long as the view is there; made by [`Mapping::view_mut`].
pub struct ViewMut<'a, T: Unit = u8>(View<'a, T>);

impl<T: Unit> Clone for View<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Unit> Copy for View<'_, T> {}

// SAFETY: every access is atomic.
unsafe impl<T: Unit> Send for View<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Unit> Sync for View<'_, T> {}

impl<'a, T: Unit> View<'a, T> {
    /// # Safety
    ///
    /// The memory can be read for as long as `'a`, by relaxed atomic loads of this width, and `start` is aligned.
    unsafe fn new(start: NonNull<u8>, len: usize) -> Self {
        Self {
            start: start.cast(),
            len,
            lifetime: PhantomData,
        }
    }

    /// How many units there are.
    #[must_use]
    #[inline]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Is there none?
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    fn atomic(&self, index: usize) -> Option<&'a T::Atomic> {
        // SAFETY: within the view, where it can be read for as long as that; atomics may be shared.
        (index < self.len).then(|| unsafe { self.start.add(index).as_ref() })
    }

    /// A unit; `None` beyond the end.
    ///
    /// `order` is `Relaxed`, `Acquire` or `SeqCst`; another one is taken for `SeqCst`.
    #[must_use]
    #[inline]
    pub fn load(&self, index: usize, order: Ordering) -> Option<T> {
        let atomic = self.atomic(index)?;
        // The memory may be read-only, of which only relaxed loads are defined: the fences make the orders. Each pairs with
        // whatever releases the unit, or with the fences and accesses that are sequentially consistent.
        if !matches!(order, Ordering::Relaxed | Ordering::Acquire) {
            fence(Ordering::SeqCst);
        }
        let value = T::load(atomic);
        if order != Ordering::Relaxed {
            fence(Ordering::Acquire);
        }
        Some(value)
    }

    /// Copies so many units from `index` on.
    ///
    /// # Errors
    ///
    /// The range, and nothing was copied.
    pub fn copy_to(&self, index: usize, to: &mut [T]) -> Result<(), RangeError> {
        self.within(index, to.len())?;
        for (at, to) in to.iter_mut().enumerate() {
            // Relaxed: nothing is said about the moment at which a unit is copied.
            if let Some(value) = self.load(index + at, Relaxed) {
                *to = value;
            }
        }
        Ok(())
    }

    fn within(&self, index: usize, count: usize) -> Result<(), RangeError> {
        if index > self.len {
            return Err(RangeError::Start);
        }
        if count > self.len - index {
            return Err(RangeError::End);
        }
        Ok(())
    }
}

impl<'a, T: Unit> ViewMut<'a, T> {
    /// A unit itself, for everything that can be done with an atomic number; `None` beyond the end.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> Option<&'a T::Atomic> {
        self.0.atomic(index)
    }

    /// Stores a unit, if the index is not beyond the end: `None` if it is.
    ///
    /// `order` is `Relaxed`, `Release` or `SeqCst`; another one is taken for `SeqCst`.
    #[inline]
    pub fn store(&self, index: usize, value: T, order: Ordering) -> Option<()> {
        let order = match order {
            Ordering::Relaxed | Ordering::Release => order,
            _ => Ordering::SeqCst,
        };
        T::store(self.0.atomic(index)?, value, order);
        Some(())
    }

    /// Copies units to `index` and behind it.
    ///
    /// # Errors
    ///
    /// The range, and nothing was copied.
    pub fn copy_from(&self, index: usize, from: &[T]) -> Result<(), RangeError> {
        self.0.within(index, from.len())?;
        for (at, &value) in from.iter().enumerate() {
            // Relaxed: as in `copy_to`.
            let _ = self.store(index + at, value, Relaxed);
        }
        Ok(())
    }
}

impl<'a, T: Unit> Deref for ViewMut<'a, T> {
    type Target = View<'a, T>;

    #[inline]
    fn deref(&self) -> &View<'a, T> {
        &self.0
    }
}

impl<T: Unit> fmt::Debug for View<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "View({:p}, {} units of {} bytes)",
            self.start,
            self.len,
            size_of::<T>()
        )
    }
}

impl<T: Unit> fmt::Debug for ViewMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<A: AddressSpace> Mapping<A> {
    /// A view of a part, in units of one width.
    ///
    /// ```
    /// use rawmap::mapping::Builder;
    /// use std::sync::atomic::Ordering::{Acquire, Release};
    ///
    /// let shared = Builder::object(4096).map()?;
    /// // SAFETY: the memory can be read and written for as long as the mapping is there, and all use this width.
    /// let words = unsafe { shared.view_mut::<u32>(..)? };
    /// words.store(3, 17, Release);
    /// assert_eq!(words.load(3, Acquire), Some(17));
    /// assert_eq!(words.load(1024, Acquire), None);
    /// # Ok::<(), rawmap::mapping::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The range; [`Unaligned`](RangeError::Unaligned) if it does not begin and end on whole units.
    ///
    /// # Safety
    ///
    /// For as long as the view is there, the range can be read: its protection allows it, and if it is of a file, the file
    /// reaches as far. Whoever stores to it meanwhile, in this process, does so atomically and in the same width; nobody
    /// has a mutable reference to it.
    #[inline]
    pub unsafe fn view<T: Unit>(
        &self,
        range: impl RangeBounds<usize>,
    ) -> Result<View<'_, T>, RangeError> {
        let (start, end) = self.raw.extent.bytes(range)?;
        // Units are as long as they are aligned, and the mapping begins on a page.
        if (start | end) % size_of::<T>() != 0 {
            return Err(RangeError::Unaligned);
        }
        // SAFETY: the range lies within the mapping, which is borrowed; the caller's contract.
        Ok(unsafe { View::new(self.raw.ptr.add(start), (end - start) / size_of::<T>()) })
    }

    /// A view of a part that can be written as well.
    ///
    /// # Errors
    ///
    /// As [`view`](Self::view).
    ///
    /// # Safety
    ///
    /// As for [`view`](Self::view), and the range can be written, and nobody has any reference to it.
    #[inline]
    pub unsafe fn view_mut<T: Unit>(
        &self,
        range: impl RangeBounds<usize>,
    ) -> Result<ViewMut<'_, T>, RangeError> {
        // SAFETY: the caller's contract.
        Ok(ViewMut(unsafe { self.view(range) }?))
    }
}
