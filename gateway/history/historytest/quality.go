package historytest

import (
	"math"
	"time"

	"steward/gateway"
)

func uncertain(point string, n float64) gateway.Value {
	return gateway.Value{Point: point, Number: n, Quality: gateway.QualityUncertain, Reason: "retained"}
}

func (s *suite) qualities() {
	s.consume(
		s.reading(0, gateway.Good("temperature", 1), gateway.NotGood("running", gateway.QualityBad, "exception 2")),
		s.reading(1*time.Second, uncertain("temperature", 2), gateway.Good("running", 1)),
		s.reading(2*time.Second, gateway.NotGood("temperature", gateway.QualityBad, "NA"), uncertain("running", 0)),
		s.reading(3*time.Second, gateway.NotGood("temperature", gateway.QualityStale, ""), gateway.NotGood("running", gateway.QualityLost, "no answer")),
		s.reading(4*time.Second, gateway.NotGood("temperature", gateway.QualityLost, "no answer")),
		s.reading(5*time.Second, gateway.NotGood("temperature", gateway.QualityUnknown, "")),
		s.reading(6*time.Second, gateway.Good("temperature", math.Inf(1))), // claims to be good
		s.reading(7*time.Second, gateway.Good("temperature", 3)),
	)
	got := s.query(s.hour(0, gateway.AggNone, "temperature", "running"))
	s.want(got[0], good(0, 1), sample{time.Second, 2, gateway.QualityUncertain},
		none(2*time.Second, gateway.QualityBad), none(3*time.Second, gateway.QualityStale), none(4*time.Second, gateway.QualityLost),
		none(5*time.Second, gateway.QualityUnknown), none(6*time.Second, gateway.QualityBad), good(7*time.Second, 3))
	s.want(got[1], none(0, gateway.QualityBad), good(time.Second, 1),
		sample{2 * time.Second, 0, gateway.QualityUncertain}, none(3*time.Second, gateway.QualityLost))
}

func (s *suite) stepQualities() {
	const m = time.Minute
	s.consume(
		// Good values count alone, even with others behind them.
		s.reading(0, gateway.Good("temperature", 1), gateway.Good("running", 1)),
		s.reading(10*time.Second, uncertain("temperature", 100), uncertain("running", 0)),
		s.reading(20*time.Second, gateway.NotGood("temperature", gateway.QualityLost, "gone"), gateway.NotGood("running", gateway.QualityLost, "gone")),
		// Without good ones the last one's quality, here uncertain: an aggregate.
		s.reading(1*m, gateway.NotGood("temperature", gateway.QualityBad, "NA"), gateway.NotGood("running", gateway.QualityBad, "NA")),
		s.reading(1*m+10*time.Second, uncertain("temperature", 2), uncertain("running", 0)),
		s.reading(1*m+20*time.Second, uncertain("temperature", 4), uncertain("running", 1)),
		// Without good ones, last lost: no number.
		s.reading(2*m, uncertain("temperature", 2)),
		s.reading(2*m+10*time.Second, gateway.NotGood("temperature", gateway.QualityLost, "gone")),
		s.reading(3*m, gateway.NotGood("temperature", gateway.QualityLost, "gone")),
		s.reading(3*m+10*time.Second, gateway.NotGood("temperature", gateway.QualityBad, "NA")),
	)
	for _, c := range []struct {
		agg         gateway.Agg
		temperature float64
		running     float64
	}{
		{gateway.AggMean, 3, 0.5}, {gateway.AggMin, 2, 0}, {gateway.AggMax, 4, 1}, {gateway.AggLast, 4, 1},
	} {
		got := s.query(s.hour(m, c.agg, "temperature", "running"))
		s.want(got[0], good(0, 1), sample{m, c.temperature, gateway.QualityUncertain},
			none(2*m, gateway.QualityLost), none(3*m, gateway.QualityBad))
		s.want(got[1], good(0, 1), sample{m, c.running, gateway.QualityUncertain})
	}
}
