//! Every figure rests on a source, and every source says enough.

use super::super::fault::FaultKind;
use super::super::sheet::{Grounds, RuleSheet, Source, Status};
use super::{Checked, ensure, fault, text};

/// The basis of each table and notice, then the sources themselves.
pub(super) fn check(sheet: &RuleSheet) -> Checked {
    let tables = tables(sheet);
    for (table, present) in tables {
        if present {
            let keys = sheet.basis.get(table).map_or(&[] as &[String], Vec::as_slice);
            known(sheet, &format!("basis.{table}"), keys)?;
        }
    }
    // A table may be left out of a variant; its basis then says nothing, and does no harm.
    for (name, keys) in &sheet.basis {
        ensure(tables.iter().any(|(table, _)| table == name), || {
            let remedy = format!("tables are {}", tables.map(|(table, _)| table).join(", "));
            fault(format!("basis.{name}"), FaultKind::UnknownTable, format!("{keys:?}"), remedy)
        })?;
    }
    for (place, notice) in sheet.notices.iter().enumerate() {
        known(sheet, &format!("notices[{place}].basis"), &notice.basis)?;
    }
    let status = sheet.contract.status;
    sheet.sources.iter().try_for_each(|(key, source)| complete(status, key, source))
}

fn known(sheet: &RuleSheet, field: &str, keys: &[String]) -> Checked {
    ensure(!keys.is_empty(), || {
        let remedy = "name the keys of `sources` on which its figures rest";
        fault(field, FaultKind::NoSource, "[]", remedy)
    })?;
    keys.iter().try_for_each(|key| {
        ensure(sheet.sources.contains_key(key), || {
            let remedy = format!("add [sources.{key}] or correct the name");
            fault(field, FaultKind::UnknownSource, format!("\"{key}\""), remedy)
        })
    })
}

fn complete(status: Status, key: &str, source: &Source) -> Checked {
    let field = format!("sources.{key}");
    text(&format!("{field}.publisher"), &source.publisher)?;
    text(&format!("{field}.says"), &source.says)?;
    let (complete, remedy) = match source.grade {
        Grounds::Published => (
            !source.address.is_empty() && !source.date.is_empty(),
            "give address and date of what is published, or call it assumed",
        ),
        Grounds::Assumed => (true, ""),
        Grounds::Proposed => (
            status == Status::Proposal,
            "call it published or assumed: the contract is listed, nothing of it is proposed",
        ),
    };
    ensure(complete, || {
        fault(&field, FaultKind::SourceIncomplete, format!("{:?}", source.publisher), remedy)
    })
}

/// The tables whose figures need a source, and whether the file has them.
const fn tables(sheet: &RuleSheet) -> [(&'static str, bool); 12] {
    [
        ("contract", true),
        ("session", true),
        ("phases", true),
        ("limits", sheet.limits.is_some()),
        ("lock", sheet.lock.is_some()),
        ("margin", true),
        ("positions", sheet.positions.is_some()),
        ("orders", true),
        ("fees", true),
        ("settlement", true),
        ("expiry", true),
        ("funds", true),
    ]
}
