package modbus

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

func clientOf(t *testing.T, d *device, bus config.Bus) *Client {
	t.Helper()
	bus.Transport, bus.Address = config.ModbusTCP, "device"
	c, err := NewClient(bus, true)
	if err != nil {
		t.Fatal(err)
	}
	c.line.dial = d.pipes
	t.Cleanup(c.Close)
	return c
}

// A client tells silence, refusal and answer apart, repeats once, and keeps
// its connection while units behind it are silent.
func TestClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(func(_ uint16, r request) reply {
			switch r.unit {
			case 1:
				return reply{data: registers(r)}
			case 2:
				return reply{exception: 2}
			case 3:
				return reply{exception: 11}
			}
			return reply{}
		})
		dials := 0
		c := clientOf(t, d, config.Bus{Timeout: 100 * time.Millisecond})
		c.line.dial = func(ctx context.Context) (wire, error) { dials++; return d.pipes(ctx) }
		words, err := c.Read(t.Context(), 1, config.HoldingRegisters, 40, 3)
		if err != nil || !slices.Equal(words, []uint16{40, 41, 42}) {
			t.Fatalf("read %v, %v", words, err)
		}
		if bits, err := c.Read(t.Context(), 1, config.Coils, 0, 9); err != nil || len(bits) != 9 {
			t.Errorf("bits %v, %v", bits, err)
		}
		for unit := byte(4); unit < 9; unit++ {
			before := len(d.requests())
			if _, err := c.Read(t.Context(), unit, config.HoldingRegisters, 0, 1); !errors.Is(err, ErrNoAnswer) {
				t.Errorf("silence is %v", err)
			}
			if n := len(d.requests()) - before; n != 2 {
				t.Errorf("%d requests, want one and its repetition", n)
			}
		}
		var e *Exception
		if _, err := c.Read(t.Context(), 2, config.HoldingRegisters, 0, 1); !errors.As(err, &e) || e.Code != 2 || e.Absent() {
			t.Errorf("refusal is %v", err)
		}
		if _, err := c.Read(t.Context(), 3, config.HoldingRegisters, 0, 1); !errors.As(err, &e) || !e.Absent() {
			t.Errorf("gateway says %v", err)
		}
		if dials != 1 {
			t.Errorf("connected %d times", dials)
		}
		for _, bad := range []int{0, 126} {
			if _, err := c.Read(t.Context(), 1, config.HoldingRegisters, 0, bad); err == nil {
				t.Errorf("%d registers were asked for", bad)
			}
		}
		c.Close()
		d.all.Wait()
	})
}

func TestClientUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clientOf(t, newDevice(nil), config.Bus{Timeout: time.Second})
		dials := 0
		c.line.dial = func(context.Context) (wire, error) { dials++; return nil, errors.New("refused") }
		if _, err := c.Read(t.Context(), 1, config.Coils, 0, 1); !errors.Is(err, ErrUnreachable) || dials != dialTries {
			t.Errorf("%d dials: %v", dials, err)
		}
	})
}

// A read that waits ends with its context, and the client goes on with the next.
func TestClientCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(func(uint16, request) reply { return reply{} })
		c := clientOf(t, d, config.Bus{Timeout: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Read(ctx, 1, config.HoldingRegisters, 0, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cut off with %v", err)
		}
		d.set(func(_ uint16, r request) reply { return reply{data: registers(r)} })
		if words, err := c.Read(t.Context(), 1, config.HoldingRegisters, 7, 1); err != nil || words[0] != 7 {
			t.Errorf("then %v, %v", words, err)
		}
		c.Close()
		d.all.Wait()
	})
}

func TestDecodeOne(t *testing.T) {
	r := reg(config.EncInt32)
	r.LowFirst, r.NA, r.Point = true, []uint64{0x80000000}, "power"
	v, err := Decode(r, gateway.Point{}, []uint16{0xFFFE, 0xFFFF, 9}, 1)
	if err != nil || v.Number != -2 || v.Point != "power" {
		t.Errorf("%+v, %v", v, err)
	}
	if v, _ := Decode(r, gateway.Point{}, []uint16{0, 0x8000}, 1); !NotAvailable(v) {
		t.Errorf("%+v", v)
	}
	if _, err := Decode(r, gateway.Point{}, []uint16{1}, 1); err == nil {
		t.Error("half a value was decoded")
	}
	coil := config.Register{Table: config.Coils, Encoding: config.EncBool, Bit: -1}
	if v, err := Decode(coil, gateway.Point{Type: gateway.Bool}, []uint16{1}, 1); err != nil || v.Number != 1 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestPlanOfProfile(t *testing.T) {
	a, b, c := reg(config.EncFloat32), reg(config.EncUint16), reg(config.EncUint16)
	b.Address, c.Address = 4, 100
	got := Plan([]config.Register{b, a, c}, config.ReadLimits{MaxGap: 2})
	if len(got) != 2 || got[0].Count != 5 || !slices.Equal(got[0].Points, []int{1, 0}) || got[1].First != 100 {
		t.Errorf("plan is %+v", got)
	}
}
