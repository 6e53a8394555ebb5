package sparkplug

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strings"
	"testing"
	"time"
)

// squeeze compresses as told.
func squeeze(t testing.TB, algorithm, text string) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser = zlib.NewWriter(&out)
	if algorithm == "GZIP" {
		w = gzip.NewWriter(&out)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// envelope is a compressed payload; algorithm empty: it does not say.
func envelope(algorithm, body string) string {
	b := appendBytes(appendBytes(nil, 4, compressed), 5, body)
	if algorithm != "" {
		b = appendBytes(b, 2, metric{name: algorithmMetric, alias: -1, dt: String, field: 15, text: algorithm}.encode())
	}
	return string(b)
}

// What an independent program compressed is the birth it was made of.
func TestCompressedSamples(t *testing.T) {
	var want, got Payload
	if err := Decode(sample(t, "dbirth.bin"), &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dbirth-deflate.bin", "dbirth-gzip.bin"} {
		if err := Decode(sample(t, name), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Seq != want.Seq || !got.HasSeq || !got.Time.Equal(want.Time) || len(got.Metrics) != len(want.Metrics) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		for i := range got.Metrics {
			if got.Metrics[i] != want.Metrics[i] {
				t.Errorf("%s: metric %+v, want %+v", name, got.Metrics[i], want.Metrics[i])
			}
		}
	}
}

func TestCompressed(t *testing.T) {
	inner := message(5, 7, metric{name: "x", alias: -1, dt: Int32, field: 10, bits: 3})
	bare := string(appendBytes(nil, 2, metric{name: "x", alias: -1, dt: Int32, field: 10, bits: 3}.encode()))
	for name, c := range map[string]struct {
		payload string
		want    string
		seq     uint64
		ms      int64
	}{
		"deflate":        {envelope("DEFLATE", squeeze(t, "DEFLATE", inner)), "", 7, 5},
		"lower case":     {envelope("gzip", squeeze(t, "GZIP", inner)), "", 7, 5},
		"not said":       {envelope("", squeeze(t, "DEFLATE", inner)), "", 7, 5},
		"seq outside":    {message(9, 8) + envelope("GZIP", squeeze(t, "GZIP", bare)), "", 8, 9},
		"seq on both":    {message(9, 8) + envelope("GZIP", squeeze(t, "GZIP", inner)), "", 7, 5},
		"unknown":        {envelope("LZ4", "x"), `algorithm "LZ4" is not known`, 0, 0},
		"no body":        {envelope("GZIP", ""), "a compressed payload: EOF", 0, 0},
		"cut":            {envelope("GZIP", squeeze(t, "GZIP", inner)[:20]), "a compressed payload: unexpected EOF", 0, 0},
		"not compressed": {envelope("DEFLATE", inner), "a compressed payload: zlib: invalid header", 0, 0},
		"broken inside":  {envelope("DEFLATE", squeeze(t, "DEFLATE", "\x33")), "in a compressed payload: wire type 3", 0, 0},
		"twice":          {envelope("DEFLATE", squeeze(t, "DEFLATE", envelope("DEFLATE", squeeze(t, "DEFLATE", inner)))), "within a compressed one", 0, 0},
		"bomb":           {envelope("GZIP", squeeze(t, "GZIP", strings.Repeat("\x00", 64<<20))), "more than 1048576 bytes in it", 0, 0},
		"other uuid":     {message(5, 7) + string(appendBytes(nil, 4, "x")), "", 7, 5},
	} {
		var p Payload
		err := Decode(c.payload, &p)
		switch {
		case c.want != "":
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		case err != nil || p.Seq != c.seq || p.Time.UnixMilli() != c.ms:
			t.Errorf("%s: %+v, %v", name, p, err)
		case name != "other uuid" && (len(p.Metrics) != 1 || p.Metrics[0].Name != "x"):
			t.Errorf("%s: %+v", name, p.Metrics)
		}
	}
}

// A bomb costs no more memory than a payload may have.
func TestCompressedBombIsCheap(t *testing.T) {
	bomb := envelope("GZIP", squeeze(t, "GZIP", strings.Repeat("\x00", 64<<20)))
	began := time.Now()
	var p Payload
	if n := testing.AllocsPerRun(5, func() { _ = Decode(bomb, &p) }); n > 100 {
		t.Errorf("%v allocations", n)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
}
