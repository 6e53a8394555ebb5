package line_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"steward/gateway"
	"steward/gateway/line"
)

func testSite() *gateway.Site {
	return &gateway.Site{ID: "garden", Assets: []gateway.Asset{
		{ID: "pump-1", Kind: "pump", Area: "tower-a", Points: []gateway.Point{
			{Name: "pressure", Type: gateway.Float},
			{Name: "starts", Type: gateway.Int},
			{Name: "running", Type: gateway.Bool},
			{Name: "mode", Type: gateway.Enum},
		}},
		{ID: "odd", Kind: "#odd kind", Area: `a, b=c\`, Points: []gateway.Point{
			{Name: "a b,c=d", Type: gateway.Float},
			{Name: "has.dot", Type: gateway.Float},
			{Name: "received", Type: gateway.Float},
			{Name: `back\slash`, Type: gateway.Int},
		}},
		{ID: "bare", Kind: "gateway"},
	}}
}

var (
	at       = time.Unix(1700000000, 123456789).UTC()
	received = time.Unix(1700000001, 5).UTC()
)

func TestAppend(t *testing.T) {
	t.Parallel()
	pump := "pump,area=tower-a,asset=pump-1,kind=pump,site=garden "
	times := "received=1700000001000000005i 1700000000123456789"
	uncertain := gateway.Value{Point: "pressure", Number: 1.5, Quality: gateway.QualityUncertain, Reason: `clock "off"\`}
	for name, c := range map[string]struct {
		asset  gateway.AssetID
		values []gateway.Value
		want   string
	}{
		"good": {"pump-1", []gateway.Value{gateway.Good("pressure", 1.5), gateway.Good("starts", 12),
			gateway.Good("running", 1), gateway.Good("mode", 3)}, pump + "pressure=1.5,starts=12i,running=true,mode=3i," + times},
		"another order": {"pump-1", []gateway.Value{gateway.Good("mode", 3), gateway.Good("running", 0)},
			pump + "mode=3i,running=false," + times},
		"uncertain": {"pump-1", []gateway.Value{uncertain},
			pump + `pressure.uncertain=1.5,pressure.quality="uncertain",pressure.reason="clock \"off\"\\",` + times},
		"stale without reason": {"pump-1", []gateway.Value{gateway.NotGood("starts", gateway.QualityStale, "")},
			pump + `starts.quality="stale",` + times},
		"line break in a reason": {"pump-1", []gateway.Value{gateway.NotGood("starts", gateway.QualityLost, "a\nb\x00c")},
			pump + `starts.quality="lost",starts.reason="a b c",` + times},
		"good without number": {"pump-1", []gateway.Value{gateway.Good("pressure", math.NaN())},
			pump + `pressure.quality="bad",pressure.reason="not a number",` + times},
		"uncertain infinity": {"pump-1", []gateway.Value{{Point: "pressure", Number: math.Inf(-1), Quality: gateway.QualityUncertain}},
			pump + `pressure.quality="bad",pressure.reason="not a number",` + times},
		"int with a fraction": {"pump-1", []gateway.Value{gateway.Good("starts", 1.5)},
			pump + `starts.quality="bad",starts.reason="not an integer",` + times},
		"int out of range": {"pump-1", []gateway.Value{gateway.Good("mode", 1<<63)},
			pump + `mode.quality="bad",mode.reason="not an integer",` + times},
		"bool that is none": {"pump-1", []gateway.Value{gateway.Good("running", 2)},
			pump + `running.quality="bad",running.reason="not 0 or 1",` + times},
		"unheard-of quality": {"pump-1", []gateway.Value{{Point: "mode", Quality: 99, Number: 5}},
			pump + `mode.quality="unknown",` + times},
		"escapes": {"odd", []gateway.Value{gateway.Good("a b,c=d", -2), gateway.Good(`back\slash`, 1)},
			`_odd\ kind,area=a\,\ b\=c_,asset=odd,kind=#odd\ kind,site=garden a\ b\,c\=d=-2,back\slash=1i,` + times},
		"no values": {"bare", nil, "gateway,asset=bare,kind=gateway,site=garden " + times},
	} {
		r := gateway.Reading{Asset: c.asset, Time: at, Received: received, Values: c.values}
		got, err := line.NewEncoder(testSite()).Append([]byte("x"), &r)
		if err != nil || string(got) != "x"+c.want {
			t.Errorf("%s: got %s, %v\nwant %s", name, got, err, c.want)
		}
	}
}

func TestAppendErrors(t *testing.T) {
	t.Parallel()
	e := line.NewEncoder(testSite())
	for name, c := range map[string]struct {
		r    gateway.Reading
		want error
	}{
		"asset":          {gateway.Reading{Asset: "nobody", Time: at, Received: received}, line.ErrUnknownAsset},
		"point":          {reading("pump-1", gateway.Good("pressure", 1), gateway.Good("speed", 1)), line.ErrUnknownPoint},
		"dotted point":   {reading("odd", gateway.Good("has.dot", 1)), line.ErrUnknownPoint},
		"point received": {reading("odd", gateway.Good("received", 1)), line.ErrUnknownPoint},
		"no time":        {gateway.Reading{Asset: "pump-1", Received: received}, line.ErrTime},
		"no arrival":     {gateway.Reading{Asset: "pump-1", Time: at}, line.ErrTime},
	} {
		got, err := e.Append([]byte("kept"), &c.r)
		if !errors.Is(err, c.want) || string(got) != "kept" || !strings.Contains(err.Error(), string(c.r.Asset)) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func reading(asset gateway.AssetID, v ...gateway.Value) gateway.Reading {
	return gateway.Reading{Asset: asset, Time: at, Received: received, Values: v}
}

func TestDecodeErrors(t *testing.T) {
	t.Parallel()
	tail := ",received=1i 2"
	for _, s := range []string{
		"", "pump", "pump,asset=a", "pump,asset=a ", "pump,asset=a 5", ",asset=a p=1" + tail, "#p,asset=a p=1" + tail,
		"pump p=1" + tail, "pump,asset= p=1" + tail, "pump,=a p=1" + tail, "pump,asset p=1" + tail, "pump,asset=a,x p=1" + tail,
		"pump,asset=a p=1 2", "pump,asset=a p=1,received=1i", "pump,asset=a p=1,received=1 2", "pump,asset=a p=1,received=1i 2x",
		"pump,asset=a p=1,received=1i 2\n", "pump,asset=a p=" + tail, "pump,asset=a p=-" + tail, "pump,asset=a p=1." + tail,
		"pump,asset=a p=1e" + tail, "pump,asset=a p=1e999" + tail, "pump,asset=a p=NaN" + tail, "pump,asset=a p=inf" + tail,
		"pump,asset=a p=0x10" + tail, "pump,asset=a p=1u" + tail, "pump,asset=a p=9223372036854775808i" + tail,
		"pump,asset=a p=tru" + tail, `pump,asset=a p="s"` + tail, "pump,asset=a =1" + tail, "pump,asset=a .uncertain=1" + tail,
		`pump,asset=a p.quality="fine"` + tail, `pump,asset=a p.quality="good"` + tail, `pump,asset=a p.quality="uncertain"` + tail,
		`pump,asset=a p.quality="bad` + tail, `pump,asset=a p.reason="why"` + tail, `pump,asset=a p=1,p.reason="why"` + tail,
		`pump,asset=a p.quality="bad",q.reason="why"` + tail, `pump,asset=a p.other=1` + tail, "pump,asset=a received=1i,p=1 2",
		"pump,asset=a p\n=1" + tail, "pump,asset=a p.quality=\"bad\",p.reason=\"a\nb\"" + tail, "pump,asset=a p=1,received=1i 99999999999999999999",
	} {
		var r gateway.Reading
		err := line.NewDecoder().Decode([]byte(s), &r)
		var syntax *line.SyntaxError
		if !errors.As(err, &syntax) || syntax.Pos < 0 || syntax.Pos > len(s) {
			t.Errorf("%q: got %v, %+v: want a syntax error with a position", s, err, r)
		}
	}
}

// randomReading makes a reading of the pump with any numbers and reasons.
func randomReading(rnd *rand.Rand) gateway.Reading {
	points := testSite().Assets[0].Points
	rnd.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	r := gateway.Reading{Asset: "pump-1", Time: time.Unix(0, rnd.Int64()).UTC(), Received: time.Unix(0, -rnd.Int64()/2).UTC()}
	for _, p := range points[:rnd.IntN(len(points)+1)] {
		v := gateway.Value{Point: p.Name, Quality: gateway.Quality(rnd.IntN(6)), Number: randomNumber(rnd, p.Type)}
		if v.Quality != gateway.QualityGood {
			v.Reason = []string{"", "read failed", `"quoted\"`, "中文 原因", `\n`, strings.Repeat("é", 200)}[rnd.IntN(6)]
		}
		if !v.Quality.HasNumber() {
			v.Number = math.NaN()
		}
		r.Values = append(r.Values, v)
	}
	return r
}

func randomNumber(rnd *rand.Rand, typ gateway.PointType) float64 {
	switch typ {
	case gateway.Bool:
		return float64(rnd.IntN(2))
	case gateway.Int, gateway.Enum:
		return math.Trunc(math.Ldexp(rnd.Float64()*2-1, rnd.IntN(63)))
	}
	switch rnd.IntN(4) {
	case 0:
		return float64(float32(rnd.NormFloat64() * 100))
	case 1:
		return math.Round(rnd.NormFloat64()*1e6) / math.Pow10(rnd.IntN(6))
	case 2:
		return math.Copysign(0, -1)
	}
	for {
		if f := math.Float64frombits(rnd.Uint64()); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
	}
}

func cut(reason string) string {
	if len(reason) > line.MaxReason {
		return reason[:line.MaxReason]
	}
	return reason
}

// sameValues compares to the bit, so that -0 is not 0 and NaN is NaN.
func sameValues(a, b []gateway.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		same := math.Float64bits(x.Number) == math.Float64bits(y.Number) ||
			(x.Number == 0 && y.Number == 0 && x.Point != "pressure") || (math.IsNaN(x.Number) && math.IsNaN(y.Number))
		if !same || x.Point != y.Point || x.Quality != y.Quality || x.Reason != y.Reason {
			return false
		}
	}
	return true
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	enc, dec := line.NewEncoder(testSite()), line.NewDecoder()
	var buf []byte
	var got gateway.Reading
	for range 20000 {
		want := randomReading(rnd)
		var err error
		if buf, err = enc.Append(buf[:0], &want); err != nil {
			t.Fatalf("%+v: %v", want, err)
		}
		if err = dec.Decode(buf, &got); err != nil {
			t.Fatalf("%s: %v", buf, err)
		}
		for i := range want.Values {
			want.Values[i].Reason = cut(want.Values[i].Reason)
		}
		if got.Asset != want.Asset || !got.Time.Equal(want.Time) || !got.Received.Equal(want.Received) || !sameValues(want.Values, got.Values) {
			t.Fatalf("%s\nwas %+v\ngot %+v", buf, want, got)
		}
		judge(t, buf, &want)
	}
}

// judge reads a line with InfluxData's own parser and compares every tag,
// field and time.
func judge(t *testing.T, b []byte, r *gateway.Reading) {
	t.Helper()
	d := lineprotocol.NewDecoderWithBytes(b)
	if !d.Next() {
		t.Fatalf("%s: no line", b)
	}
	if m, err := d.Measurement(); err != nil || string(m) != "pump" {
		t.Fatalf("%s: measurement %q, %v", b, m, err)
	}
	for _, want := range [][2]string{{"area", "tower-a"}, {"asset", "pump-1"}, {"kind", "pump"}, {"site", "garden"}, {}} {
		if k, v, err := d.NextTag(); err != nil || string(k) != want[0] || string(v) != want[1] {
			t.Fatalf("%s: tag %s=%s, %v: want %v", b, k, v, err, want)
		}
	}
	for _, want := range append(wantFields(r), field{"received", r.Received.UnixNano()}) {
		k, v, err := d.NextField()
		if err != nil || string(k) != want.key || v.Interface() != want.value {
			t.Fatalf("%s: field %s=%v, %v: want %v", b, k, v, err, want)
		}
	}
	if k, _, err := d.NextField(); k != nil || err != nil {
		t.Fatalf("%s: one field more: %s, %v", b, k, err)
	}
	if got, err := d.Time(lineprotocol.Nanosecond, time.Time{}); err != nil || !got.Equal(r.Time) {
		t.Fatalf("%s: time %s, %v: want %s", b, got, err, r.Time)
	}
	if d.Next() {
		t.Fatalf("%s: more than one line", b)
	}
}

type field struct {
	key   string
	value any
}

func wantFields(r *gateway.Reading) (f []field) {
	types := map[string]gateway.PointType{}
	for _, p := range testSite().Assets[0].Points {
		types[p.Name] = p.Type
	}
	for _, v := range r.Values {
		key := v.Point
		if v.Quality == gateway.QualityUncertain {
			key += ".uncertain"
		}
		if v.Quality.HasNumber() {
			switch types[v.Point] {
			case gateway.Bool:
				f = append(f, field{key, v.Number == 1})
			case gateway.Int, gateway.Enum:
				f = append(f, field{key, int64(v.Number)})
			default:
				f = append(f, field{key, v.Number})
			}
		}
		if v.Quality != gateway.QualityGood {
			f = append(f, field{v.Point + ".quality", v.Quality.String()})
			if v.Reason != "" {
				f = append(f, field{v.Point + ".reason", v.Reason})
			}
		}
	}
	return f
}

func FuzzDecode(f *testing.F) {
	rnd := rand.New(rand.NewPCG(1, 2))
	enc := line.NewEncoder(testSite())
	for range 20 {
		r := randomReading(rnd)
		b, err := enc.Append(nil, &r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`p\ q,asset=a\,b x\=y.uncertain=1,x\=y.quality="uncertain",received=-1i -2`))
	dec := line.NewDecoder()
	f.Fuzz(func(t *testing.T, b []byte) {
		var r, again gateway.Reading
		if err := dec.Decode(b, &r); err != nil {
			var syntax *line.SyntaxError
			if !errors.As(err, &syntax) || syntax.Pos < 0 || syntax.Pos > len(b) {
				t.Fatalf("%q: %v has no position in the line", b, err)
			}
			return
		}
		if err := dec.Decode(b, &again); err != nil || !sameValues(r.Values, again.Values) || r.Asset != again.Asset {
			t.Fatalf("%q: read twice, got %+v and %+v, %v", b, r, again, err)
		}
	})
}

func FuzzReason(f *testing.F) {
	for _, s := range []string{"", "read failed", "a\"b\\", "\xff\xfe", "中\u0085文", strings.Repeat("€", 100), "\x00\n\t"} {
		f.Add(s, 1.5)
	}
	enc, dec := line.NewEncoder(testSite()), line.NewDecoder()
	f.Fuzz(func(t *testing.T, reason string, number float64) {
		r := reading("pump-1", gateway.NotGood("mode", gateway.QualityBad, reason), gateway.Good("pressure", number))
		b, err := enc.Append(nil, &r)
		if err != nil {
			t.Fatal(err)
		}
		var got gateway.Reading
		if err := dec.Decode(b, &got); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if strings.ContainsAny(string(b), "\n\r\x00") {
			t.Fatalf("%q is more than a line", b)
		}
		d := lineprotocol.NewDecoderWithBytes(b)
		d.Next()
		fields := 0
		for {
			k, _, err := d.NextField()
			if err != nil {
				t.Fatalf("%q: %v", b, err)
			}
			if k == nil {
				break
			}
			fields++
		}
		if fields < 3 || len(got.Values) != 2 || got.Values[0].Quality != gateway.QualityBad {
			t.Fatalf("%q: %d fields, %+v", b, fields, got)
		}
	})
}
