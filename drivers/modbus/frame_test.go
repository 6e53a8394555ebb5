package modbus

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	goburrow "github.com/goburrow/modbus"

	"steward/gateway/config"
)

var three = request{unit: 7, table: config.HoldingRegisters, first: 0x6B, count: 3}

// oracle is goburrow's packager for the same request, an independent maker
// and reader of frames.
func oracle(t testing.TB, kind string, unit byte) goburrow.Packager {
	t.Helper()
	if kind == "tcp" {
		h := goburrow.NewTCPClientHandler("")
		h.SlaveId = unit
		return h
	}
	h := goburrow.NewRTUClientHandler("")
	h.SlaveId = unit
	return h
}

func framers() map[string]func() framer {
	return map[string]func() framer{"tcp": func() framer { return &mbap{} }, "rtu": func() framer { return rtu{} }}
}

func TestFramesAreAsGoburrowMakesThem(t *testing.T) {
	for kind, make := range framers() {
		for _, r := range []request{three, {1, config.Coils, 0, 2000}, {247, config.InputRegisters, 65535, 1}, {255, config.DiscreteInputs, 9, 8}} {
			want, err := oracle(t, kind, r.unit).Encode(&goburrow.ProtocolDataUnit{FunctionCode: byte(r.table),
				Data: []byte{byte(r.first >> 8), byte(r.first), byte(r.count >> 8), byte(r.count)}})
			if err != nil {
				t.Fatal(err)
			}
			if got := make().frame(nil, r); !bytes.Equal(got, want) {
				t.Errorf("%s %v: got % x, want % x", kind, r, got, want)
			}
		}
	}
}

func TestAnswersThatGoburrowMakesAreRead(t *testing.T) {
	data := []byte{6, 1, 2, 3, 4, 5, 6}
	for kind, make := range framers() {
		in, err := oracle(t, kind, 7).Encode(&goburrow.ProtocolDataUnit{FunctionCode: 3, Data: data})
		if err != nil {
			t.Fatal(err)
		}
		f := make()
		f.frame(nil, three) // transaction 1, as the oracle's first
		for n := range in {
			if got, used, err := f.scan(in[:n], three); got != nil || used != 0 || err != nil {
				t.Errorf("%s: %d of %d bytes gave %v, %d, %v", kind, n, len(in), got, used, err)
			}
		}
		got, used, err := f.scan(in, three)
		if err != nil || used != len(in) || !bytes.Equal(got, data[1:]) {
			t.Errorf("%s: got % x, %d, %v", kind, got, used, err)
		}
	}
}

func TestScanTCP(t *testing.T) {
	for _, c := range []struct {
		name, in string
		used     int
		err      string
	}{
		{"foreign transaction", "0002 0000 0009 07 03 06 000000000000", 15, ""},
		{"exception", "0001 0000 0003 07 83 02", 9, "exception 2: illegal data address at holding 107+3"},
		{"exception without a code", "0001 0000 0002 07 83", 8, "no Modbus TCP header"},
		{"wrong unit", "0001 0000 0009 08 03 06 000000000000", 15, "unit 8, want 7"},
		{"wrong function", "0001 0000 0009 07 04 06 000000000000", 15, "function 4, want 3"},
		{"short data", "0001 0000 0007 07 03 04 00000000", 13, "want 6"},
		{"count lies", "0001 0000 0009 07 03 08 000000000000", 15, "count says 8"},
		{"protocol is not Modbus", "0001 0001 0009 07 03 06 000000000000", 15, "no Modbus TCP header"},
		{"oversized length", "0001 0000 FFFF 07 03 06 000000000000", 15, "no Modbus TCP header"},
		{"length 0", "0001 0000 0000 07 03 06 000000000000", 15, "no Modbus TCP header"},
		{"length 1", "0001 0000 0001 07", 7, "no Modbus TCP header"},
		{"web server", "485454502F312E31", 8, "no Modbus TCP header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &mbap{}
			m.frame(nil, three)
			checkScan(t, m, c.in, c.used, c.err)
		})
	}
}

func checkScan(t *testing.T, f framer, in string, used int, want string) {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	data, n, err := f.scan(raw, three)
	if data != nil || n != used {
		t.Errorf("got data % x and %d used, want none and %d", data, n, used)
	}
	if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestScanRTU(t *testing.T) {
	crc := func(s string) string {
		b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		sum := crc16(b)
		return s + hex.EncodeToString([]byte{byte(sum), byte(sum >> 8)})
	}
	for _, c := range []struct {
		name, in string
		used     int
		err      string
	}{
		{"another unit's answer", crc("08 03 06 000000000000"), 11, ""},
		{"exception", crc("07 83 02"), 5, "exception 2"},
		{"exception behind noise", "00FF" + crc("07 83 02"), 7, "exception 2"},
		{"wrong function", crc("07 04 06 000000000000"), 11, "function 4, want 3"},
		{"short data", crc("07 03 04 00000000"), 9, "want 6"},
		{"wrong CRC", "07 03 06 000000000000 0000", 0, ""},
		{"one byte", "07", 0, ""},
		{"unknown function", crc("07 06 006B 0003"), 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) { checkScan(t, rtu{}, c.in, c.used, c.err) })
	}
}

// Whatever arrives, an answer has exactly the bytes that were asked for, and
// goburrow's own reader, where it is safe to ask it, finds the same in them.
func fuzzScan(f *testing.F, kind string) {
	for _, seed := range []string{"000100000009070306010203040506", "070306010203040506ccbc", "000100000003078302", "07830261f0", "ff", ""} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, byte(3), uint16(3))
		f.Add(b, byte(1), uint16(20))
	}
	f.Fuzz(func(t *testing.T, in []byte, table byte, count uint16) {
		r := request{7, config.Table(table%4 + 1), 0x6B, count%125 + 1}
		fr := framers()[kind]()
		fr.frame(nil, r)
		for at := 0; at < len(in); {
			data, used, err := fr.scan(in[at:], r)
			if used < 0 || used > len(in)-at || (data != nil && (err != nil || len(data) != r.size())) {
				t.Fatalf("% x: data % x, %d used, %v", in[at:], data, used, err)
			}
			if data != nil && kind == "tcp" {
				pdu, err := oracle(t, kind, 7).Decode(in[at : at+used])
				if err != nil || !bytes.Equal(pdu.Data[1:], data) {
					t.Fatalf("goburrow reads %v (%v), here % x", pdu, err, data)
				}
			}
			var e *exception
			if err != nil && !errors.As(err, &e) || used == 0 {
				return
			}
			at += used
		}
	})
}

func FuzzDecodeTCP(f *testing.F) { fuzzScan(f, "tcp") }

func FuzzDecodeRTU(f *testing.F) { fuzzScan(f, "rtu") }
