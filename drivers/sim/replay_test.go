package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"steward/drivers"
	"steward/drivers/modbus"
	"steward/drivers/profile"
	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// replay serves units until the test ends.
func replay(t *testing.T, units ...Recorded) (address string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	up, ended := make(chan string, 1), make(chan error, 1)
	go func() { // ends with ctx
		ended <- Replay(ctx, "127.0.0.1:0", nil, func(a string) { up <- a }, units...)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case address = <-up:
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	return address
}

// A recorded device answers as it did: values, holes, its life sign moving;
// other units do not answer.
func TestReplay(t *testing.T) {
	img := &profile.Image{Runs: []profile.Run{
		{Table: config.HoldingRegisters, Address: 10, Words: []uint16{1, 2, 3}},
		{Table: config.DiscreteInputs, Address: 0, Words: []uint16{1, 0, 1, 1, 0, 0, 0, 0, 1}},
	}}
	address := replay(t,
		Recorded{Unit: 3, Image: img, Watch: &config.Heartbeat{Table: config.HoldingRegisters, Address: 20, Words: 1}},
		Recorded{Unit: 4, Image: img, Silent: true}, Recorded{Unit: 5, Image: img, Delay: 50 * time.Millisecond})
	c, err := modbus.NewClient(config.Bus{Transport: config.ModbusTCP, Address: address, Timeout: 300 * time.Millisecond}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := t.Context()
	if w, err := c.Read(ctx, 3, config.HoldingRegisters, 10, 3); err != nil || !slices.Equal(w, []uint16{1, 2, 3}) {
		t.Errorf("registers %v, %v", w, err)
	}
	if w, err := c.Read(ctx, 3, config.DiscreteInputs, 0, 9); err != nil || !slices.Equal(w, []uint16{1, 0, 1, 1, 0, 0, 0, 0, 1}) {
		t.Errorf("inputs %v, %v", w, err)
	}
	var e *modbus.Exception
	if _, err := c.Read(ctx, 3, config.HoldingRegisters, 12, 2); !errors.As(err, &e) || e.Code != 2 {
		t.Errorf("a hole answers %v", err)
	}
	if _, err := c.Read(ctx, 9, config.HoldingRegisters, 10, 1); !errors.As(err, &e) || !e.Absent() {
		t.Errorf("no unit answers %v", err)
	}
	if _, err := c.Read(ctx, 4, config.HoldingRegisters, 10, 1); !errors.Is(err, modbus.ErrNoAnswer) {
		t.Errorf("a silent unit answers %v", err)
	}
	if w, err := c.Read(ctx, 5, config.HoldingRegisters, 10, 1); err != nil || w[0] != 1 {
		t.Errorf("a slow unit answers %v, %v", w, err)
	}
	first, err := c.Read(ctx, 3, config.HoldingRegisters, 20, 1)
	if err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(20 * time.Second); ; {
		now, err := c.Read(ctx, 3, config.HoldingRegisters, 20, 1)
		if err != nil {
			t.Fatal(err)
		}
		if now[0] != first[0] {
			break
		}
		if time.Now().After(limit) {
			t.Fatal("the life sign stands still")
		}
	}
}

func TestReplayRefuses(t *testing.T) {
	img := &profile.Image{}
	for listen, units := range map[string][]Recorded{
		"0.0.0.0:0":   {{Unit: 1, Image: img}},
		"127.0.0.1":   {{Unit: 1, Image: img}},
		"127.0.0.1:0": {{Unit: 1, Image: img}, {Unit: 1, Image: img}},
	} {
		if err := Replay(t.Context(), listen, nil, nil, units...); err == nil {
			t.Errorf("%s was served", listen)
		}
	}
}

// A lift that is watched through eight contacts of a module, and a pump whose
// pressure is a current: what the modules say comes out as canonical values
// of the lift and the pump, and a broken wire as what it is.
func TestBorrowedChannels(t *testing.T) {
	contacts := &profile.Image{Runs: []profile.Run{{Table: config.DiscreteInputs, Address: 0, Words: []uint16{1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}}}}
	currents := &profile.Image{Runs: []profile.Run{
		{Table: config.InputRegisters, Address: 5376, Words: []uint16{0x00B7, 0x1B00, 0, 0}}, // 12 mA
		{Table: config.InputRegisters, Address: 9472, Words: []uint16{0, 0, 0, 0}},           // 0 mA
	}}
	address := replay(t, Recorded{Unit: 7, Image: contacts}, Recorded{Unit: 8, Image: currents})
	site := `
site: {id: s, timezone: UTC}
modbus: [{id: io, url: "tcp://` + address + `"}]
areas: [{id: a}]
assets:
  - id: lift
    kind: elevator
    area: a
    modbus:
      bus: io
      unit: 7
      interval: 50ms
      profile: wellpro-wp8026
      map:
        trapped: di1
        alarm_button: di2
        main_power: {from: di3, invert: true}
        door_state: {from: di4, enum: {false: closed, true: open}}
        fault: di5
        overload: di6
        fire_mode: di7
        in_door_zone: di8
  - id: pump
    kind: pump
    area: a
    modbus:
      bus: io
      unit: 8
      interval: 50ms
      profile: wb-mai6-current
      map:
        discharge_pressure: {from: loop_current1, range: {from: [4, 20], to: [0, 1.6]}, unit: MPa}
        suction_pressure: {from: loop_current2, range: {from: [4, 20], to: [0, 1.6]}}
`
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse("site.yaml", []byte(site), ".", kinds, shipped, nil)
	if err != nil {
		t.Fatal(err)
	}
	source, err := modbus.Driver().New(drivers.Spec{Wire: "io", Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	got := map[string]string{}
	err = source.Run(ctx, func(_ context.Context, rs []gateway.Reading) error {
		for _, r := range rs {
			for _, v := range r.Values {
				got[string(r.Asset)+" "+v.Point] = fmt.Sprintf("%.3g %v %s", v.Number, v.Quality, v.Reason)
			}
		}
		if len(got) == 10 {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for point, want := range map[string]string{
		"lift trapped": "1 good ", "lift alarm_button": "0 good ", "lift main_power": "0 good ", "lift door_state": "2 good ",
		"lift fault": "0 good ", "lift overload": "0 good ", "lift fire_mode": "0 good ", "lift in_door_zone": "1 good ",
		"pump discharge_pressure": "0.8 good ",
		"pump suction_pressure":   "NaN bad current loop below 3.6 mA: broken wire or failed transmitter (NAMUR NE 43)",
	} {
		if got[point] != want {
			t.Errorf("%s is %q, want %q", point, got[point], want)
		}
	}
}
