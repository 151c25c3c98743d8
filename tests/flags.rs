//! Flags: fields that replace, bits that are kept, and names.

use rawmap::{
    Advice, Inherit, LockAllFlags, MapFlags, MapType, Prot, RemapFlags, ResidencyFlags, SyncFlags,
};

const PRIVATE: MapFlags = MapFlags::ANONYMOUS.with_type(MapType::PRIVATE);

#[test]
fn the_type_is_replaced_and_not_joined() {
    assert_eq!(PRIVATE.map_type(), MapType::PRIVATE);
    let shared = PRIVATE.with_type(MapType::SHARED);
    assert_eq!(shared.map_type(), MapType::SHARED);
    assert!(shared.contains(MapFlags::ANONYMOUS));
    assert_eq!(shared.with_type(MapType::PRIVATE), PRIVATE);
}

#[cfg(target_os = "linux")]
#[test]
fn the_huge_page_size_is_replaced_and_not_joined() {
    let flags = PRIVATE.with_huge(MapFlags::HUGE_2MB);
    assert_eq!(flags.huge(), 21);
    assert!(flags.contains(MapFlags::HUGETLB));
    // 21 | 30 is 31, which would be 2 GiB.
    assert_eq!(flags.with_huge(MapFlags::HUGE_1GB).huge(), 30);
    assert_eq!(flags.with_huge(0).huge(), 0);
    assert_eq!(flags.with_huge(MapFlags::HUGE_16GB).huge(), 34);
    assert_eq!(flags.with_huge(255).huge(), 63);
    assert_eq!(flags.with_huge(255).map_type(), MapType::PRIVATE);
}

#[cfg(not(target_os = "linux"))]
#[test]
fn the_alignment_is_replaced_and_not_joined() {
    let flags = PRIVATE.with_aligned(21);
    assert_eq!(flags.aligned(), 21);
    assert_eq!(flags.with_aligned(30).aligned(), 30);
    assert_eq!(flags.with_aligned(0), PRIVATE);
    assert_eq!(flags.with_aligned(255).map_type(), MapType::PRIVATE);
}

#[test]
fn the_maximum_protection_is_replaced_and_changes_no_access() {
    let accesses = Prot::READ | Prot::WRITE | Prot::EXEC;
    for max in [Prot::NONE, Prot::READ, Prot::READ | Prot::WRITE, accesses] {
        let once = Prot::READ.with_max(max);
        assert_eq!(once & accesses, Prot::READ);
        assert_eq!(once.with_max(Prot::NONE), Prot::READ);
        assert_eq!(Prot::READ.with_max(accesses).with_max(max), once);
    }
    // Bits of the maximum that are no accesses do not reach beyond its field.
    let all = Prot::from_bits_retain(u32::MAX);
    assert_eq!(Prot::NONE.with_max(all), Prot::NONE.with_max(accesses));
}

#[test]
fn bits_without_a_name_are_kept() {
    for bit in 0..u32::BITS {
        let bits = 1 << bit;
        assert_eq!(Prot::from_bits_retain(bits).bits(), bits);
        assert_eq!(
            MapFlags::from_bits(bits).map(|flags| flags.bits()),
            Some(bits)
        );
        assert_eq!(RemapFlags::from_bits_truncate(bits).bits(), bits);
        assert_eq!(SyncFlags::from_bits_truncate(bits).bits(), bits);
        assert_eq!(LockAllFlags::from_bits_truncate(bits).bits(), bits);
    }
    assert_eq!(ResidencyFlags::from_bits_truncate(0xff).bits(), 0xff);
    assert_eq!(Advice::from_raw(-7).raw(), -7);
    assert_eq!(Inherit::from_raw(77).raw(), 77);
}

#[test]
fn they_print_as_people_write_them() {
    assert_eq!(format!("{PRIVATE:?}"), "MapFlags(PRIVATE | ANONYMOUS)");
    let unknown = MapFlags::from_bits_retain(PRIVATE.bits() | 0x40_0000);
    assert_eq!(
        format!("{unknown:?}"),
        "MapFlags(PRIVATE | ANONYMOUS | 0x400000)"
    );
    assert_eq!(format!("{:?}", MapFlags::empty()), "MapFlags(0x0)");
    assert_eq!(
        format!("{:?}", Prot::READ | Prot::EXEC),
        "Prot(READ | EXEC)"
    );
    assert_eq!(format!("{:?}", Advice::FREE), "Advice(FREE)");
    assert_eq!(format!("{:?}", Advice::from_raw(99)), "Advice(99)");
    assert_eq!(format!("{:?}", Inherit::ZERO), "Inherit(ZERO)");
    #[cfg(target_os = "linux")]
    assert_eq!(
        format!("{:?}", PRIVATE.with_huge(21)),
        "MapFlags(PRIVATE | ANONYMOUS | HUGETLB | huge(21))"
    );
}

#[test]
fn advice_that_takes_something_away_is_not_benign() {
    assert!(Advice::NORMAL.is_benign());
    assert!(!Advice::FREE.is_benign());
    assert_eq!(Advice::DONTNEED.is_benign(), !cfg!(target_os = "linux"));
    #[cfg(target_os = "linux")]
    for advice in [
        Advice::REMOVE,
        Advice::DONTFORK,
        Advice::DOFORK,
        Advice::WIPEONFORK,
        Advice::KEEPONFORK,
        Advice::DONTNEED_LOCKED,
        Advice::HWPOISON,
        Advice::SOFT_OFFLINE,
        Advice::GUARD_INSTALL,
        Advice::GUARD_REMOVE,
    ] {
        assert!(!advice.is_benign(), "{advice:?}");
    }
    // What a later kernel may mean by a number is not known.
    let unnamed = (-300..300)
        .map(Advice::from_raw)
        .filter(|advice| advice.name().is_none());
    assert!(unnamed.map(Advice::is_benign).all(|benign| !benign));
}
