package influx

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"steward/gateway"
)

// The parts of a point in InfluxDB, as suffixes of its field.
const (
	suffixUncertain = ".uncertain"
	suffixQuality   = ".quality"
)

// quote writes a Flux string literal. All but the plainest bytes are written
// as \xNN, so that no name can end the literal or be interpolated.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("_-./", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// question makes the Flux of a query.
type question struct {
	bucket, site string
	q            gateway.Query
}

// source selects the fields of the asset.
func (f question) source(fields []string, suffix string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "from(bucket: %s)\n  |> range(start: %s, stop: %s)\n", quote(f.bucket), instant(f.q.From), instant(f.stop()))
	fmt.Fprintf(&b, "  |> filter(fn: (r) => r.asset == %s and r.site == %s and (", quote(string(f.q.Asset)), quote(f.site))
	for i, field := range fields {
		if i > 0 {
			b.WriteString(" or ")
		}
		b.WriteString("r._field == " + quote(field+suffix))
	}
	b.WriteString("))\n")
	return b.String()
}

// stop is the end of the asked range. InfluxDB 1.8 takes a sample that lies
// exactly at it, 2 does not: the caller drops the samples and the steps that
// begin there. Inside a step there is nothing to drop any more, so the range
// then ends a nanosecond earlier.
func (f question) stop() time.Time {
	if f.q.Agg == gateway.AggNone || f.q.To.UnixNano()%int64(f.q.Step) == 0 {
		return f.q.To
	}
	return f.q.To.Add(-1)
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

const (
	certain = "  |> filter(fn: (r) => r._value != \"uncertain\")\n" // of qualities: those without a number
	columns = "  |> keep(columns: [\"_start\", \"_time\", \"_field\", \"_value\"])\n"
)

// raw asks for every sample.
func (f question) raw() string {
	return f.source(f.q.Points, "") + columns + "  |> yield(name: \"good\")\n\n" +
		f.source(f.q.Points, suffixUncertain) + columns + "  |> yield(name: \"uncertain\")\n\n" +
		f.source(f.q.Points, suffixQuality) + certain + columns + "  |> yield(name: \"other\")\n"
}

// windows asks for one row a step: numbers aggregated, and of what is not
// good the last row, for its time and its quality. plain are the points whose
// numbers can be aggregated as they are; the others, which are or may be
// bools, become floats first, which an InfluxDB 2 cannot do where it stores.
func (f question) windows(plain, others []string) string {
	var b strings.Builder
	every := "  |> window(every: " + strconv.FormatInt(int64(f.q.Step), 10) + "ns)\n"
	function := "  |> " + f.q.Agg.String() + "()\n"
	for _, stream := range []struct{ name, suffix string }{{"good", ""}, {"uncertain", suffixUncertain}} {
		if len(plain) > 0 {
			b.WriteString(f.source(plain, stream.suffix) + every + function + "  |> yield(name: \"" + stream.name + "\")\n\n")
		}
		if len(others) > 0 {
			b.WriteString(f.source(others, stream.suffix) + "  |> toFloat()\n" + every + function + "  |> yield(name: \"" + stream.name + "_bool\")\n\n")
		}
	}
	b.WriteString(f.source(f.q.Points, suffixUncertain) + every + "  |> last()\n  |> yield(name: \"uncertain_last\")\n\n")
	b.WriteString(f.source(f.q.Points, suffixQuality) + certain + every + "  |> last()\n  |> yield(name: \"other\")\n")
	return b.String()
}
