package mqtt_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"steward/drivers"
	"steward/drivers/mqtt"
	"steward/drivers/mqtt/mqtttest"
	"steward/drivers/profile"
	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

const profileSite = `
site: {id: t, name: T, timezone: Asia/Shanghai, language: en}
mqtt:
  - {id: main, broker: "tcp://%s", client_id: profiles, qos: 1}
areas:
  - {id: a, name: A}
assets:
  - {id: z2m, kind: leak_sensor, area: a, name: Z, mqtt: {broker: main, profile: zigbee2mqtt-leak, device: flat-1203-kitchen-leak}}
  - {id: gen1, kind: leak_sensor, area: a, name: G1, mqtt: {broker: main, profile: shelly-flood-gen1, device: shellyflood-01792F}}
  - {id: gen4, kind: leak_sensor, area: a, name: G4, mqtt: {broker: main, profile: shelly-flood-gen4, device: shellyfloodg4-aabbccddeeff}}
  - {id: sld, kind: leak_sensor, area: a, name: S, mqtt: {broker: main, profile: chirpstack-milesight-em300-sld, device: 24e1247cd36314c1}}
history: {retention: 400d}
`

// TestShippedProfiles sends what the makers' devices send, through mosquitto,
// to a site whose assets name their profiles.
func TestShippedProfiles(t *testing.T) {
	addr := mqtttest.Start(t, "").Addr
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	profiles, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("site.yaml", []byte(fmt.Sprintf(profileSite, addr)), t.TempDir(), kinds, profiles,
		func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	// The payloads were sent at different times: the clock follows them.
	var clock sync.Mutex
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	src, err := mqtt.Driver().New(drivers.Spec{
		Wire: "main", Config: c, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Data: t.TempDir(),
		Now: func() time.Time { clock.Lock(); defer clock.Unlock(); return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	status := src.(drivers.BrokerReporter).BrokerStatus
	var mu sync.Mutex
	var got []string
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- src.Run(ctx, func(_ context.Context, rs []gateway.Reading) error {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range rs {
				for _, v := range r.Values {
					got = append(got, fmt.Sprintf("%s %s=%g %s %s", r.Asset, v.Point, v.Number, v.Quality, r.Time.UTC().Format(time.RFC3339)))
				}
			}
			return nil
		})
	}()
	mqtt.Eventually(t, "the source is up", func() bool { return status().State == gateway.StateUp })
	const arrival = "2026-01-02T03:04:05Z"
	for n, s := range []struct {
		file, topic string
		at          time.Time
		want        []string
	}{
		{"z2m-tuya-ts0207-leak.json", "zigbee2mqtt/flat-1203-kitchen-leak", now,
			[]string{"z2m leak=1 good " + arrival, "z2m battery=100 good " + arrival, "z2m battery_low=0 good " + arrival}},
		{"shelly-flood-gen1-flood.txt", "shellies/shellyflood-01792F/sensor/flood", now, []string{"gen1 leak=1 good " + arrival}},
		{"shelly-flood-gen1-temperature.txt", "shellies/shellyflood-01792F/sensor/temperature", now, []string{"gen1 temperature=21.62 good " + arrival}},
		{"shelly-flood-gen4-notifystatus.json", "shellyfloodg4-aabbccddeeff/events/rpc", time.Date(2025, 10, 9, 8, 54, 0, 0, time.UTC),
			[]string{"gen4 leak=1 good 2025-10-09T08:53:20Z"}},
		{"chirpstack4-up-milesight-em300-sld-leak.json", "application/x/device/24e1247cd36314c1/event/up", time.Date(2022, 7, 18, 9, 35, 0, 0, time.UTC),
			[]string{"sld leak=1 good 2022-07-18T09:34:15Z", "sld temperature=30.8 good 2022-07-18T09:34:15Z"}},
		{"chirpstack4-up-milesight-em300-sld-history.json", "application/x/device/24e1247cd36314c1/event/up", time.Date(2022, 10, 12, 9, 0, 0, 0, time.UTC),
			[]string{"sld leak=1 uncertain 2022-10-12T08:02:38Z", "sld humidity=46.5 uncertain 2022-10-12T08:02:38Z"}},
	} {
		payload, err := os.ReadFile(filepath.Join("testdata/payloads", s.file))
		if err != nil {
			t.Fatal(err)
		}
		clock.Lock()
		now = s.at
		clock.Unlock()
		mu.Lock()
		got = nil
		mu.Unlock()
		mqtt.Publish(t, addr, s.topic, string(payload))
		mqtt.Eventually(t, s.file+" is acknowledged", func() bool { return status().Acked == uint64(n)+1 })
		mu.Lock()
		for _, want := range s.want {
			if !slices.Contains(got, want) {
				t.Errorf("%s: no %q in %q", s.file, want, got)
			}
		}
		mu.Unlock()
	}
	if s := status(); s.Unknown != 0 || s.Undecodable != 0 {
		t.Errorf("not all was used: %+v", s.Samples)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
