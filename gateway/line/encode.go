package line

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"steward/gateway"
)

// Why a reading cannot be written.
var (
	ErrUnknownAsset = errors.New("no such asset in the site")
	ErrUnknownPoint = errors.New("no such point of the asset")
	ErrTime         = errors.New("time is missing or outside the years 1678 to 2262")
)

// MaxReason is the length in bytes that a reason is cut to.
const MaxReason = 256

// The reasons an encoder gives by itself, for a number that its point cannot
// hold.
const (
	ReasonNotNumber  = "not a number"
	ReasonNotInteger = "not an integer"
	ReasonNotBool    = "not 0 or 1"
)

const receivedKey = "received"

// Encoder writes readings of one site. It does not change once built and is
// safe for concurrent use.
type Encoder struct {
	assets map[gateway.AssetID]*assetEncoder
}

type assetEncoder struct {
	prefix []byte // measurement, tags and the blank behind them
	points []pointEncoder
	byName map[string]int32
	first  atomic.Int32 // which point began the last reading
}

type pointEncoder struct {
	name string
	key  []byte // escaped, with '='
	typ  gateway.PointType
	next atomic.Int32 // which point came behind this one the last time
}

// NewEncoder makes the encoder of a site. A point whose name cannot be a
// field (empty, '.', control characters, a backslash at its end, or
// "received") is left out and refused by Append as unknown; the site file's
// check reports it long before.
func NewEncoder(site *gateway.Site) *Encoder {
	e := &Encoder{assets: make(map[gateway.AssetID]*assetEncoder, len(site.Assets))}
	for i := range site.Assets {
		a := &site.Assets[i]
		e.assets[a.ID] = newAssetEncoder(site.ID, a)
	}
	return e
}

func newAssetEncoder(site string, a *gateway.Asset) *assetEncoder {
	enc := &assetEncoder{
		prefix: appendMeasurement(nil, a.Kind),
		points: make([]pointEncoder, 0, len(a.Points)),
		byName: make(map[string]int32, len(a.Points)),
	}
	for _, tag := range [...][2]string{{"area", a.Area}, {"asset", string(a.ID)}, {"kind", a.Kind}, {"site", site}} {
		if tag[1] != "" {
			enc.prefix = append(append(append(enc.prefix, ','), tag[0]...), '=')
			enc.prefix = appendTag(enc.prefix, tag[1])
		}
	}
	enc.prefix = append(enc.prefix, ' ')
	for i := range a.Points {
		p := &a.Points[i]
		if !validPoint(p.Name) {
			continue
		}
		n := len(enc.points)
		enc.byName[p.Name] = int32(n)
		enc.points = append(enc.points, pointEncoder{name: p.Name, key: append(appendTag(nil, p.Name), '='), typ: p.Type})
		enc.points[n].next.Store(int32(n + 1))
	}
	return enc
}

func validPoint(name string) bool {
	return name != "" && name != receivedKey && !strings.HasSuffix(name, `\`) &&
		!strings.ContainsFunc(name, func(r rune) bool { return r == '.' || r < ' ' || r == 0x7f })
}

// Append writes one reading behind dst, without a newline. Its error wraps
// ErrUnknownAsset, ErrUnknownPoint or ErrTime, says which, and leaves dst as
// it was. A number that claims to be good but is none, or does not fit its
// point's type, is written as bad with the reason.
func (e *Encoder) Append(dst []byte, r *gateway.Reading) ([]byte, error) {
	a := e.assets[r.Asset]
	if a == nil {
		return dst, fmt.Errorf("line: asset %q: %w", r.Asset, ErrUnknownAsset)
	}
	at, okTime := nanos(r.Time)
	received, okReceived := nanos(r.Received)
	if !okTime || !okReceived {
		return dst, fmt.Errorf("line: asset %q: %w (time %s, received %s)", r.Asset, ErrTime, r.Time, r.Received)
	}
	out := append(dst, a.prefix...)
	hint := &a.first
	for i := range r.Values {
		v := &r.Values[i]
		n := hint.Load()
		if int(n) >= len(a.points) || a.points[n].name != v.Point {
			var ok bool
			if n, ok = a.byName[v.Point]; !ok {
				return dst, fmt.Errorf("line: asset %q point %q: %w", r.Asset, v.Point, ErrUnknownPoint)
			}
			hint.Store(n)
		}
		p := &a.points[n]
		hint = &p.next
		out = p.append(out, v)
	}
	out = append(out, receivedKey+"="...)
	out = strconv.AppendInt(out, received, 10)
	out = append(out, 'i', ' ')
	return strconv.AppendInt(out, at, 10), nil
}

// nanos is t since the Unix epoch, where that fits. The lowest values are
// reserved by InfluxDB.
func nanos(t time.Time) (int64, bool) {
	s := t.Unix()
	return t.UnixNano(), s > -9_223_372_036 && s < 9_223_372_036
}

// append writes one value's fields, each with a comma behind it: the field
// "received" always follows.
func (p *pointEncoder) append(dst []byte, v *gateway.Value) []byte {
	if !v.Quality.HasNumber() {
		q := v.Quality
		if q > gateway.QualityLost {
			q = gateway.QualityUnknown
		}
		return p.appendQuality(dst, q, v.Reason)
	}
	start := len(dst)
	dst = append(dst, p.key...)
	if v.Quality == gateway.QualityUncertain {
		dst = append(dst[:len(dst)-1], ".uncertain="...)
	}
	dst, problem := appendNumber(dst, p.typ, v.Number)
	if problem != "" {
		return p.appendQuality(dst[:start], gateway.QualityBad, problem)
	}
	dst = append(dst, ',')
	if v.Quality == gateway.QualityUncertain {
		dst = p.appendQuality(dst, gateway.QualityUncertain, v.Reason)
	}
	return dst
}

func (p *pointEncoder) appendQuality(dst []byte, q gateway.Quality, reason string) []byte {
	key := p.key[:len(p.key)-1]
	dst = append(append(dst, key...), `.quality="`...)
	dst = append(append(dst, q.String()...), `",`...)
	if reason == "" {
		return dst
	}
	dst = append(append(dst, key...), `.reason="`...)
	return append(appendReason(dst, reason), `",`...)
}

// appendNumber writes a number as its point's type, or says why it cannot.
func appendNumber(dst []byte, typ gateway.PointType, f float64) ([]byte, string) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, ReasonNotNumber
	}
	switch typ {
	case gateway.Int, gateway.Enum:
		if f != math.Trunc(f) || f < -1<<63 || f >= 1<<63 {
			return dst, ReasonNotInteger
		}
		return append(strconv.AppendInt(dst, int64(f), 10), 'i'), ""
	case gateway.Bool:
		switch f {
		case 0:
			return append(dst, "false"...), ""
		case 1:
			return append(dst, "true"...), ""
		}
		return dst, ReasonNotBool
	default:
		return appendFloat(dst, f), ""
	}
}

// appendFloat writes the shortest decimal that reads back as f. Most
// measurements have at most three decimals: those are found by multiplying,
// several times faster than in general. A decimal of at most 15 digits that
// reads back as f is the shortest one.
func appendFloat(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	if abs < 1e11 && (f != 0 || !math.Signbit(f)) {
		for decimals, scale := 0, 1.0; decimals <= 3; decimals, scale = decimals+1, scale*10 {
			n := int64(abs * scale)
			if float64(n) == abs*scale && float64(n)/scale == abs {
				return appendDecimal(dst, f < 0, uint64(n), decimals)
			}
		}
	}
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// appendDecimal writes n / 10^decimals.
func appendDecimal(dst []byte, negative bool, n uint64, decimals int) []byte {
	var buf [24]byte
	i := len(buf)
	for d := 0; d < decimals; d++ {
		i--
		buf[i] = byte('0' + n%10)
		n /= 10
	}
	if decimals > 0 {
		i--
		buf[i] = '.'
	}
	for {
		i--
		buf[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			break
		}
	}
	if negative {
		i--
		buf[i] = '-'
	}
	return append(dst, buf[i:]...)
}
