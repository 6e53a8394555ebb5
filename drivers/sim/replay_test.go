package sim

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"steward/drivers/modbus"
	"steward/drivers/profile"
	"steward/gateway/config"
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
