package influx

import (
	"context"
	"regexp"

	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"

	"steward/gateway"
)

// maxWitnesses is how many other lines are tried in one attempt.
const maxWitnesses = 8

// witness are lines that tell a bad line from a server that takes none, such
// as one that misses influxdb.org: it, too, answers 400.
type witness struct {
	good   []byte          // the last line that was stored; nil: none yet
	others []gateway.Entry // of the batch at hand
}

func (w *witness) stored(e gateway.Entry) { w.good = append(w.good[:0], e.Line...) }

// lines are what to try instead of e. Without a good line they are a few
// others of the batch, not the same at every attempt: one good line among
// many bad ones is found in the end.
func (w *witness) lines(e gateway.Entry, attempt int) (l []gateway.Entry) {
	if w.good != nil {
		return []gateway.Entry{{Line: w.good}}
	}
	n := len(w.others)
	for i := range min(n, maxWitnesses) {
		// Spread over the batch, and one further at each attempt.
		if o := w.others[(i*n/min(n, maxWitnesses)+attempt)%n]; o.Seq != e.Seq {
			l = append(l, o)
		}
	}
	return l
}

// aboutLines are the reasons that InfluxDB 1.8, 2 and 3 give when they have
// read the lines and found one wrong.
var aboutLines = regexp.MustCompile(`(?i)partial write|field type|type conflict|unable to parse '|\bpars(e|ing) (error|failed|line)|` +
	`line protocol|\bline (\d|number)|\bcolumn\b|\btime(stamp)? .*(outside|out of) range`)

// blames says whether it is the line's fault that the server refused it:
// because the reason is about lines, or because another line is taken.
func (s *Sink) blames(ctx context.Context, problem *influxhttp.Error, e gateway.Entry, attempt int) (bool, error) {
	if aboutLines.MatchString(message(problem)) {
		return true, nil
	}
	for _, other := range s.witness.lines(e, attempt) {
		problem, err := s.write(ctx, []gateway.Entry{other})
		if err != nil {
			return false, err
		}
		if problem == nil || judge(problem) == bisect && aboutLines.MatchString(message(problem)) {
			return true, nil
		}
		if judge(problem) != bisect {
			break // it is in trouble now
		}
	}
	return false, nil
}
