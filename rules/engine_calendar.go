package rules

import (
	"time"

	"steward/rules/book"
)

// calendar answers about one schedule in the site's zone. It remembers the
// stretch it answered for last; nothing depends on that but its speed.
type calendar struct {
	book.Schedule
	zone        *time.Location
	from, until int64 // the stretch; until is the next edge
	inside      bool
}

// at reports whether the instant lies within the schedule, and where the
// next edge after it is at the latest: it may turn out to be none.
func (c *calendar) at(t int64) (inside bool, edge int64) {
	if t < c.from || t >= c.until {
		c.look(t)
	}
	return c.inside, c.until
}

func (c *calendar) look(t int64) {
	local := time.Unix(0, t).In(c.zone)
	c.from, c.until = t, midnight(local, 1).UnixNano() // on a day without one, tomorrow is looked at anew
	c.inside = false
	for back := -1; back <= 0; back++ {
		start := midnight(local, back)
		if !c.Days[start.Weekday()] {
			continue
		}
		from := clock(start, c.From)
		until := clock(start, c.Until)
		if c.Until <= c.From {
			until = clock(midnight(local, back+1), c.Until)
		}
		switch {
		case t < from:
			c.until = min(c.until, from)
		case t < until:
			c.inside, c.until = true, min(c.until, until)
		}
	}
}

// midnight is the beginning of the local day, so many days later. Where
// clocks are put forward at midnight, the day begins at one.
func midnight(local time.Time, days int) time.Time {
	y, m, d := local.Date()
	t := time.Date(y, m, d+days, 0, 0, 0, 0, local.Location())
	if t.Hour() == 23 {
		t = t.Add(time.Hour)
	}
	return t
}

// clock is when the clocks show so much since midnight, on the day that
// begins at start: on a day of 23 or 25 hours not so much later.
func clock(start time.Time, since time.Duration) int64 {
	y, m, d := start.Date()
	s := int(since / time.Second)
	return time.Date(y, m, d, 0, 0, s, int(since%time.Second), start.Location()).UnixNano()
}

// period gives the calendar period that the instant lies in: whole days of
// the site's time, or parts of a day counted from midnight as clocks show it.
func period(t int64, every time.Duration, zone *time.Location) (from, until int64) {
	local := time.Unix(0, t).In(zone)
	const day = 24 * time.Hour
	if every >= day {
		days := max(int64(every/day), 1)
		y, m, d := local.Date()
		number := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / int64(day/time.Second)
		back := number % days
		return midnight(local, int(-back)).UnixNano(), midnight(local, int(days-back)).UnixNano()
	}
	start := midnight(local, 0)
	from, last := start.UnixNano(), midnight(local, 1).UnixNano()
	// Where clocks are put back an hour is shown twice: time.Date takes one
	// of the two, so both hours are one period.
	for k := time.Duration(1); ; k++ {
		until = min(clock(start, k*every), last)
		if until > t || until == last {
			return from, until
		}
		from = max(from, until)
	}
}
