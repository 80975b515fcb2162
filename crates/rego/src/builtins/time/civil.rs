//! Dates of the proleptic Gregorian calendar.

/// A date and time of day, without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Civil {
    pub(in super::super) year: i64,
    /// from 1
    pub(in super::super) month: i64,
    /// from 1
    pub(in super::super) day: i64,
    pub(in super::super) hour: i64,
    pub(in super::super) minute: i64,
    pub(in super::super) second: i64,
    pub(in super::super) nanosecond: i64,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day; months and days may be out of their range and carry over.
fn days(year: i128, month: i128, day: i128) -> i128 {
    // The year begins in March, so that the leap day is its last.
    let months = year * 12 + month - 3;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let days_before = (153 * month + 2) / 5;
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + days_before
        + day
        - 719_469
}

impl Civil {
    /// Seconds since 1970, were it in UTC; months and days may carry over.
    pub(in super::super) fn seconds(&self) -> i128 {
        let days = days(self.year.into(), self.month.into(), self.day.into());
        let clock = self.hour * 3600 + self.minute * 60 + self.second;
        days * 86_400 + i128::from(clock)
    }

    /// The date and time of day of nanoseconds since 1970.
    pub(in super::super) fn of(nanoseconds: i128) -> Self {
        let seconds = nanoseconds.div_euclid(1_000_000_000);
        let of_day = seconds.rem_euclid(86_400);
        let since_march = seconds.div_euclid(86_400) + 719_468;
        let era = since_march.div_euclid(146_097);
        let of_era = since_march.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i128::from(month <= 2);
        let small = |value: i128| i64::try_from(value).unwrap_or(0);
        Self {
            year: small(year),
            month: small(month),
            day: small(day),
            hour: small(of_day / 3600),
            minute: small(of_day / 60 % 60),
            second: small(of_day % 60),
            nanosecond: small(nanoseconds.rem_euclid(1_000_000_000)),
        }
    }

    /// The day of the week, from Sunday.
    pub(super) fn weekday(&self) -> &'static str {
        let days = days(self.year.into(), self.month.into(), self.day.into());
        let index = usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0);
        DAYS.get(index).copied().unwrap_or("")
    }

    /// The day of the year, from 1.
    pub(super) fn year_day(&self) -> i64 {
        (1..self.month).map(|month| days_in(month, self.year)).sum::<i64>() + self.day
    }
}
