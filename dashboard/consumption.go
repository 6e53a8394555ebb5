package dashboard

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"steward/gateway"
	"steward/gateway/history"
)

const (
	maxPeriods   = 1000
	fineSpan     = 62 * 24 * time.Hour // up to here counters are read every 15 min, beyond every hour
	fineStep     = 15 * time.Minute
	coarseStep   = time.Hour
	lookBack     = 24 * time.Hour // for the value that the first period begins with
	gapSteps     = 2              // a rise over more steps is shared out by time
	everyDefault = "day"
)

// everyStep returns the beginning of the period that a time of the site's
// zone is in, and that of the next.
var everyStep = map[string]func(t time.Time) (begin, next time.Time){
	"hour": func(t time.Time) (time.Time, time.Time) {
		begin := t.Truncate(time.Hour)
		return begin, begin.Add(time.Hour)
	},
	"day": func(t time.Time) (time.Time, time.Time) {
		return midnight(t, 0), midnight(t, 1)
	},
	"week": func(t time.Time) (time.Time, time.Time) { // from Monday
		past := (int(t.Weekday()) + 6) % 7
		return midnight(t, -past), midnight(t, 7-past)
	},
	"month": func(t time.Time) (time.Time, time.Time) {
		first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
		return first, first.AddDate(0, 1, 0)
	},
}

func midnight(t time.Time, days int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, t.Location())
}

func (s *Server) getConsumption(c *fiber.Ctx) error {
	a, err := s.asset(c)
	if err != nil {
		return err
	}
	v, err := s.loaded()
	if err != nil {
		return err
	}
	zone := v.Zone
	if zone == nil {
		zone = time.UTC
	}
	points, begins, err := s.consumptionQuery(c, a, zone)
	if err != nil {
		return refuse(fiber.StatusBadRequest, "bad_query", err.Error())
	}
	ctx, cancel := context.WithTimeout(s.base, chartTimeout)
	defer cancel()
	from, to := begins[0], begins[len(begins)-1]
	step := fineStep
	if to.Sub(from) > fineSpan {
		step = coarseStep
	}
	until := to
	if now := s.o.Now(); until.After(now) {
		until = now
	}
	series, err := s.ask(ctx, gateway.Query{Asset: a.ID, Points: points, From: from.Add(-lookBack), To: until, Step: step, Agg: gateway.AggLast})
	if err != nil {
		return &failure{status: fiber.StatusServiceUnavailable, code: "history_unavailable",
			message: "history does not answer at the moment", retry: 5 * time.Second, cause: err}
	}
	answer := Consumption{Asset: a.ID, From: from, To: to, Every: c.Query("every", everyDefault), Series: []Consumed{}}
	for _, one := range series {
		answer.Series = append(answer.Series, consumed(pointOf(a, one.Point), one.Samples, step, begins))
	}
	return c.JSON(answer)
}

// consumptionQuery reads the address: counters, and the beginnings of the
// periods with the end of the last behind them.
func (s *Server) consumptionQuery(c *fiber.Ctx, a *gateway.Asset, zone *time.Location) ([]string, []time.Time, error) {
	points, err := parsePoints(c.Query("points"), a)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range points {
		if !pointOf(a, name).Counter {
			return nil, nil, fmt.Errorf("points: %s of asset %s is no counter; those are %s", name, a.ID, strings.Join(counters(a), ", "))
		}
	}
	bounds := everyStep[c.Query("every", everyDefault)]
	if bounds == nil {
		return nil, nil, fmt.Errorf("every: %s is none of hour, day, week, month", quoted(c.Query("every")))
	}
	to := s.o.Now()
	if q := c.Query("to"); q != "" {
		if to, err = parseTime("to", q); err != nil {
			return nil, nil, err
		}
	}
	from := to.AddDate(0, 0, -30)
	if q := c.Query("from"); q != "" {
		if from, err = parseTime("from", q); err != nil {
			return nil, nil, err
		}
	}
	if !from.Before(to) {
		return nil, nil, fmt.Errorf("from must be before to")
	}
	begin, next := bounds(from.In(zone))
	begins := []time.Time{begin}
	for ; begin.Before(to); begin, next = bounds(next) {
		if begins = append(begins, next); len(begins) > maxPeriods {
			return nil, nil, fmt.Errorf("every: more than %d periods between from and to", maxPeriods)
		}
	}
	return points, begins, nil
}

func pointOf(a *gateway.Asset, name string) gateway.Point {
	for _, p := range a.Points {
		if p.Name == name {
			return p
		}
	}
	return gateway.Point{Name: name}
}

func counters(a *gateway.Asset) (names []string) {
	for _, p := range a.Points {
		if p.Counter {
			names = append(names, p.Name)
		}
	}
	return names
}

// consumed shares what a counter has risen by among periods. A sample is the
// last of its step, so it stands at the step's end.
func consumed(p gateway.Point, samples []gateway.Sample, step time.Duration, begins []time.Time) Consumed {
	c := Consumed{Point: p.Name, Unit: p.Unit, Periods: make([]Period, len(begins)-1)}
	for i := range c.Periods {
		c.Periods[i].Start = begins[i]
	}
	var last gateway.Sample
	for _, s := range samples {
		if s.Quality != gateway.QualityGood {
			continue
		}
		s.Time = s.Time.Add(step)
		if !last.Time.IsZero() {
			rise, wrapped := history.Increase(last.Number, s.Number, p.Rollover)
			reset := s.Number < last.Number && !wrapped
			c.share(last.Time, s.Time, rise, reset, s.Time.Sub(last.Time) > gapSteps*step, begins)
		}
		last = s
	}
	for i := range c.Periods {
		if c.Periods[i].Amount != nil {
			c.Total += *c.Periods[i].Amount
		}
	}
	return c
}

// share adds a rise to the periods between two instants, by time.
func (c *Consumed) share(from, to time.Time, rise float64, reset, gap bool, begins []time.Time) {
	for i := range c.Periods {
		begin, end := begins[i], begins[i+1]
		if !end.After(from) {
			continue
		}
		if !begin.Before(to) {
			return
		}
		part := float64(earlier(end, to).Sub(later(begin, from))) / float64(to.Sub(from))
		p := &c.Periods[i]
		if p.Amount == nil {
			p.Amount = new(float64)
		}
		*p.Amount += rise * part
		p.Estimated = p.Estimated || gap
		p.Reset = p.Reset || reset
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
