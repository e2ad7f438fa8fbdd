//! Records as a table in Markdown, and what they say about the order of methods.

use crate::plan::{Plan, Row};
use crate::record::Record;
use crate::setup::Setup;

/// An experiment's table.
pub fn table(plan: &Plan, records: &[Record]) -> String {
    let mut text = line(plan.across, plan.columns.iter().cloned());
    text += &line("---", plan.columns.iter().map(|_| "--:".into()));
    for row in &plan.rows {
        let cells = row.cells.iter().map(|cell| match of(cell.as_ref(), records) {
            Some(Record { mean, spread, .. }) => format!("{mean:.2} ± {spread:.2}"),
            None => "–".into(),
        });
        text += &line(&row.name, cells);
    }
    text
}

/// The record of a setup, if it has been run.
pub fn of<'r>(setup: Option<&Setup>, records: &'r [Record]) -> Option<&'r Record> {
    setup.and_then(|setup| records.iter().find(|record| record.setup == *setup))
}

/// Whether the expected order is there, column by column; empty where none is expected.
pub fn order(plan: &Plan, records: &[Record]) -> String {
    if plan.order.is_empty() {
        return String::new();
    }
    let columns = plan.columns.iter().enumerate();
    let verdicts =
        columns.map(|(column, name)| format!("at {name} {}", verdict(plan, records, column)));
    let order = plan.order.join(" < ");
    format!("The order {order}: {}.\n", verdicts.collect::<Vec<_>>().join("; "))
}

fn verdict(plan: &Plan, records: &[Record], column: usize) -> String {
    let record = |name: &&str| {
        let row = plan.rows.iter().find(|row: &&Row| row.name == *name)?;
        of(row.cells[column].as_ref(), records)
    };
    let Some(all) = plan.order.iter().map(record).collect::<Option<Vec<&Record>>>() else {
        return "it is not known".into();
    };
    let pairs = plan.order.windows(2).zip(all.windows(2));
    let broken = pairs.filter(|(_, all)| all[0].mean >= all[1].mean);
    let said = broken.map(|(names, all)| {
        let by = all[0].mean - all[1].mean;
        let within = if by <= all[0].spread + all[1].spread { "within" } else { "beyond" };
        format!("{} is {by:.2} below {}, {within} their spreads", names[1], names[0])
    });
    let said: Vec<_> = said.collect();
    if said.is_empty() { "it holds".into() } else { said.join(", ") }
}

fn line(first: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = [first.to_string()].into_iter().chain(cells).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::Way;

    #[test]
    fn says_where_the_order_is_not_there() {
        let mut plan = Plan::named("fashion").unwrap();
        plan.order = vec!["static", "SET", "RigL"];
        let record = |way, mean| Record::new(Setup::new(way), 64, vec![mean], 0);
        let density = 0.05;
        let records = [
            record(Way::Static { density }, 80.0),
            record(Way::Set { density }, 82.0),
            record(Way::Rigl { density }, 81.5),
        ];
        let order = order(&plan, &records);
        assert!(
            order.starts_with("The order static < SET < RigL: at 20 % it is not known;"),
            "{order}"
        );
        assert!(order.contains("at 5 % RigL is 0.50 below SET, beyond their spreads"), "{order}");
        let table = table(&plan, &records);
        assert!(table.contains("| SET | – | – | 82.00 ± 0.00 | – |\n"), "{table}");
    }
}
