package dashboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"steward/gateway"
)

// The bounds of one history query.
const (
	maxPoints     = 20
	maxSteps      = 20_000
	maxRawTime    = 48 * time.Hour // of all points together
	maxRawSamples = 200_000
	defaultRange  = time.Hour
)

// chartQuery is a history query as it stands in the address.
type chartQuery struct{ points, from, to, step, agg string }

// parse checks a query against the asset. Its errors are for people.
func (q chartQuery) parse(a *gateway.Asset, now time.Time) (gateway.Query, error) {
	g := gateway.Query{Asset: a.ID}
	var err error
	if g.Points, err = parsePoints(q.points, a); err != nil {
		return gateway.Query{}, err
	}
	g.To = now
	if q.to != "" {
		if g.To, err = parseTime("to", q.to); err != nil {
			return gateway.Query{}, err
		}
	}
	g.From = g.To.Add(-defaultRange)
	if q.from != "" {
		if g.From, err = parseTime("from", q.from); err != nil {
			return gateway.Query{}, err
		}
	}
	if !g.From.Before(g.To) {
		return gateway.Query{}, errors.New("from must be before to")
	}
	if g.Step, g.Agg, err = parseStep(q.step, q.agg); err != nil {
		return gateway.Query{}, err
	}
	return g, checkSize(g)
}

func parsePoints(s string, a *gateway.Asset) ([]string, error) {
	var points []string
	for _, name := range strings.Split(s, ",") {
		if name = strings.TrimSpace(name); name == "" || slices.Contains(points, name) {
			continue
		}
		if !slices.ContainsFunc(a.Points, func(p gateway.Point) bool { return p.Name == name }) {
			return nil, fmt.Errorf("points: asset %s has no point %s", a.ID, quoted(name))
		}
		if points = append(points, name); len(points) > maxPoints {
			return nil, fmt.Errorf("points: at most %d at once", maxPoints)
		}
	}
	if len(points) == 0 {
		return nil, errors.New("points: name at least one, with commas between them")
	}
	return points, nil
}

// parseTime reads RFC 3339 or Unix milliseconds, between 1970 and 2200.
func parseTime(name, s string) (time.Time, error) {
	var t time.Time
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		t = time.UnixMilli(ms)
	} else if t, err = time.Parse(time.RFC3339, strings.Replace(s, " ", "+", 1)); err != nil { // an unescaped + is a blank
		return time.Time{}, fmt.Errorf("%s: %s is neither RFC 3339 nor Unix milliseconds", name, quoted(s))
	}
	if t.Unix() < 0 || t.Year() >= 2200 {
		return time.Time{}, fmt.Errorf("%s: %s is not between 1970 and 2200", name, quoted(s))
	}
	return t.UTC(), nil
}

func parseStep(step, agg string) (time.Duration, gateway.Agg, error) {
	var kind gateway.Agg
	if agg != "" {
		var err error
		if kind, err = gateway.ParseAgg(agg); err != nil {
			return 0, 0, fmt.Errorf("agg: %s is none of none, min, max, mean, last, envelope", quoted(agg))
		}
	}
	if step == "" {
		if kind != gateway.AggNone {
			return 0, 0, fmt.Errorf("agg: %s needs a step", kind)
		}
		return 0, gateway.AggNone, nil
	}
	d, err := time.ParseDuration(step)
	if err != nil {
		seconds, err := strconv.ParseFloat(step, 64)
		if err != nil || !(seconds >= 0 && seconds < 1e9) {
			return 0, 0, fmt.Errorf("step: %s is neither a duration such as 10s, 5m or 1h nor a number of seconds", quoted(step))
		}
		d = time.Duration(seconds * float64(time.Second))
	}
	if d < time.Millisecond || d%time.Millisecond != 0 {
		return 0, 0, fmt.Errorf("step: %s is not a whole number of milliseconds", quoted(step))
	}
	if agg == "" {
		kind = gateway.AggMean
	}
	if kind == gateway.AggNone {
		d = 0
	}
	return d, kind, nil
}

func checkSize(g gateway.Query) error {
	span := g.To.Sub(g.From)
	if g.Agg == gateway.AggNone {
		if all := span * time.Duration(len(g.Points)); all > maxRawTime || all < span {
			return fmt.Errorf("raw samples of %d points over %s are too much: at most %s over all points; give a step",
				len(g.Points), span, maxRawTime)
		}
		return nil
	}
	if steps := int64(span / g.Step); steps > maxSteps {
		return fmt.Errorf("step: %d steps of %s between from and to: at most %d", steps, g.Step, maxSteps)
	}
	return nil
}

func (s *Server) getHistory(c *fiber.Ctx) error {
	a, err := s.asset(c)
	if err != nil {
		return err
	}
	q := chartQuery{c.Query("points"), c.Query("from"), c.Query("to"), c.Query("step"), c.Query("agg")}
	g, err := q.parse(a, s.o.Now())
	if err != nil {
		return refuse(fiber.StatusBadRequest, "bad_query", err.Error())
	}
	ctx, cancel := context.WithTimeout(s.base, chartTimeout)
	defer cancel()
	series, err := s.ask(ctx, g)
	if err != nil {
		return &failure{status: fiber.StatusServiceUnavailable, code: "history_unavailable",
			message: "history does not answer at the moment", retry: 5 * time.Second, cause: err}
	}
	answer := History{Asset: a.ID, From: g.From, To: g.To, StepMS: g.Step.Milliseconds(), Agg: g.Agg.String(), Series: []Series{}}
	total := 0
	for _, one := range series {
		total += len(one.Samples)
		answer.Series = append(answer.Series, seriesOf(a, one, g.Agg))
	}
	if g.Agg == gateway.AggNone && total > maxRawSamples {
		return refuse(fiber.StatusBadRequest, "bad_query",
			fmt.Sprintf("%d raw samples are too many: at most %d; give a step or a shorter time", total, maxRawSamples))
	}
	return c.JSON(answer)
}

func seriesOf(a *gateway.Asset, one gateway.Series, agg gateway.Agg) Series {
	s := Series{Point: one.Point, Unit: unitOf(a, one.Point), Samples: one.Samples}
	if agg == gateway.AggEnvelope {
		s.Low, s.High = make(Numbers, len(one.Samples)), make(Numbers, len(one.Samples))
		for i, x := range one.Samples {
			s.Low[i], s.High[i] = x.Low, x.High
		}
	}
	return s
}

// ask queries history; few at once, the others wait.
func (s *Server) ask(ctx context.Context, g gateway.Query) ([]gateway.Series, error) {
	select {
	case s.charts <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("history: wait for %d other queries: %w", maxCharts, ctx.Err())
	}
	defer func() { <-s.charts }()
	return s.o.History.Range(ctx, g)
}

func unitOf(a *gateway.Asset, point string) string {
	i := slices.IndexFunc(a.Points, func(p gateway.Point) bool { return p.Name == point })
	if i < 0 {
		return ""
	}
	return a.Points[i].Unit
}
