//! What is due when, of all schedules, in memory.

use super::expression::Expression;
use super::zone::Zone;
use crate::registry::{DueTime, PlannedSchedule};
use std::collections::{BTreeSet, HashMap};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How late a due time may be and still be fired. One that is later was missed.
pub(super) const LATEST: Duration = Duration::seconds(30);

/// The plan of a node. It never takes a due time: what it names has to be claimed.
#[derive(Default)]
pub(super) struct Plan {
    entries: HashMap<Uuid, Entry>,
    /// The rows that hold no plan, so that each is told of once.
    refused: HashMap<Uuid, (String, String)>,
    queue: BTreeSet<(OffsetDateTime, Uuid)>,
}

struct Entry {
    schedule: PlannedSchedule,
    expression: Expression,
    next: Option<OffsetDateTime>,
}

/// What is due now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// To be fired.
    pub(super) now: Vec<DueTime>,
    /// To be settled: the last due time of each schedule that was missed, and the moment since which it was.
    pub(super) missed: Vec<(DueTime, OffsetDateTime)>,
}

impl Plan {
    /// Plans for these schedules and no others. Of one whose plan is the same, what this node has settled stays settled.
    pub(super) fn replace(&mut self, schedules: Vec<PlannedSchedule>) {
        let mut known = std::mem::take(&mut self.entries);
        let refused = std::mem::take(&mut self.refused);
        self.queue.clear();
        for mut schedule in schedules {
            let same = |entry: &Entry| {
                entry.schedule.cron == schedule.cron && entry.schedule.time_zone == schedule.time_zone
            };
            let expression = match known.remove(&schedule.id).filter(same) {
                Some(entry) => {
                    schedule.settled = schedule.settled.max(entry.schedule.settled);
                    entry.expression
                }
                None => {
                    let text = (schedule.cron.clone(), schedule.time_zone.clone());
                    let is_known = refused.get(&schedule.id) == Some(&text);
                    match (!is_known).then(|| parse(&schedule)) {
                        Some(Ok(expression)) => expression,
                        refusal => {
                            if let Some(Err(reason)) = refusal {
                                tracing::warn!(schedule = %schedule.id, reason, "a schedule is never due");
                            }
                            self.refused.insert(schedule.id, text);
                            continue;
                        }
                    }
                }
            };
            let next = expression.next_after(schedule.settled);
            self.queue.extend(next.map(|next| (next, schedule.id)));
            self.entries.insert(schedule.id, Entry { schedule, expression, next });
        }
    }

    /// What is due at `now`, at most `limit` of it, one due time per schedule.
    pub(super) fn due(&self, now: OffsetDateTime, limit: usize) -> Due {
        let mut due = Due::default();
        let passed = self.queue.iter().take_while(|(next, _)| *next <= now).take(limit);
        for (next, id) in passed {
            let Some(entry) = self.entries.get(id) else { continue };
            let at = |at| DueTime {
                schedule: *id,
                at,
                cron: entry.schedule.cron.clone(),
                time_zone: entry.schedule.time_zone.clone(),
            };
            let too_late = now - LATEST;
            if *next >= too_late {
                due.now.push(at(*next));
            } else {
                let settled = entry.schedule.settled;
                let last = entry.expression.last_within(settled, too_late).unwrap_or(*next);
                due.missed.push((at(last), settled));
            }
        }
        due
    }

    /// Goes on behind a due time that was claimed, by whomever.
    pub(super) fn settle(&mut self, due: &DueTime) {
        let Some(entry) = self.entries.get_mut(&due.schedule) else { return };
        if let Some(next) = entry.next.take() {
            self.queue.remove(&(next, due.schedule));
        }
        entry.schedule.settled = entry.schedule.settled.max(due.at);
        entry.next = entry.expression.next_after(entry.schedule.settled);
        self.queue.extend(entry.next.map(|next| (next, due.schedule)));
    }

    /// The next due time of all.
    pub(super) fn next(&self) -> Option<OffsetDateTime> {
        self.queue.first().map(|(next, _)| *next)
    }
}

/// Rows that others wrote may hold anything.
fn parse(schedule: &PlannedSchedule) -> Result<Expression, String> {
    let zone = Zone::parse(&schedule.time_zone).map_err(|error| error.to_string())?;
    Expression::parse(&schedule.cron, zone).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn schedule(id: u128, cron: &str, settled: OffsetDateTime) -> PlannedSchedule {
        PlannedSchedule { id: Uuid::from_u128(id), cron: cron.into(), time_zone: "UTC".into(), settled }
    }

    fn plan(schedules: Vec<PlannedSchedule>) -> Plan {
        let mut plan = Plan::default();
        plan.replace(schedules);
        plan
    }

    fn times(due: &[DueTime]) -> Vec<(u128, OffsetDateTime)> {
        due.iter().map(|due| (due.schedule.as_u128(), due.at)).collect()
    }

    #[test]
    fn what_is_due_is_named_until_it_is_settled() {
        let mut plan = plan(vec![schedule(1, "* * * * *", START), schedule(2, "0 * * * *", START)]);
        let minute = START + Duration::MINUTE;
        assert_eq!(plan.next(), Some(minute));
        assert_eq!(plan.due(minute - Duration::SECOND, 10), Due::default());
        let due = plan.due(minute, 10);
        assert_eq!(times(&due.now), [(1, minute)]);
        assert_eq!(plan.due(minute, 10), due);
        plan.settle(&due.now[0]);
        assert_eq!(plan.due(minute, 10), Due::default());
        assert_eq!(plan.next(), Some(minute + Duration::MINUTE));
    }

    #[test]
    fn due_times_of_the_last_half_minute_are_all_fired_and_older_ones_were_missed() {
        let mut plan = plan(vec![schedule(1, "10 seconds", START)]);
        let now = START + Duration::minutes(10) + Duration::seconds(5);
        let missed = plan.due(now, 10);
        assert!(missed.now.is_empty());
        let [(last, since)] = missed.missed.as_slice() else { panic!("{missed:?}") };
        assert_eq!((last.at, *since), (START + Duration::seconds(570), START));
        plan.settle(last);
        let mut fired = Vec::new();
        while let Some(due) = plan.due(now, 10).now.pop() {
            plan.settle(&due);
            fired.push((due.at - START).whole_seconds());
        }
        assert_eq!(fired, [580, 590, 600]);
    }

    #[test]
    fn no_more_are_named_than_there_is_a_place_for() {
        let plan = plan((0..10).map(|id| schedule(id, "* * * * *", START)).collect());
        assert_eq!(plan.due(START + Duration::MINUTE, 4).now.len(), 4);
        assert_eq!(plan.due(START + Duration::MINUTE, 0), Due::default());
    }

    #[test]
    fn a_plan_that_stays_keeps_its_place_and_one_that_changes_begins_where_it_was_changed() {
        let mut plan = plan(vec![schedule(1, "* * * * *", START), schedule(2, "* * * * *", START)]);
        let minute = START + Duration::MINUTE;
        for due in plan.due(minute, 10).now {
            plan.settle(&due);
        }
        let changed = schedule(2, "30 seconds", START + Duration::seconds(70));
        plan.replace(vec![schedule(1, "* * * * *", START), changed, schedule(3, "nonsense", START)]);
        let due = plan.due(minute + Duration::seconds(30), 10);
        assert_eq!(times(&due.now), [(2, minute + Duration::seconds(30))]);
        plan.replace(vec![schedule(1, "* * * * *", START)]);
        assert_eq!(plan.next(), Some(minute + Duration::MINUTE));
    }
}
