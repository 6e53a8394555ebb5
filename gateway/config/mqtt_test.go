package config

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"steward/gateway"
)

const sparkplugSite = `
site: {id: s, timezone: Asia/Shanghai}
mqtt:
  - {id: m, broker: "tcp://10.0.0.1:1883", sparkplug: {host: steward}}
areas: [{id: a}]
assets:
  - id: p1
    kind: pump
    area: a
    mqtt:
      broker: m
      device: Pump 1
      sparkplug: {group: RES01, node: edge1, device: pump1}
      metrics:
        - {point: discharge_pressure, metric: "{device}/pressure", scale: 0.1, unit: MPa, na: [-1]}
        - {point: running, metric: running, hold: 3s}
  - id: n1
    kind: gateway
    area: a
    mqtt: {broker: m, sparkplug: {group: RES01, node: edge1}, metrics: [{point: uptime, metric: Uptime, optional: true}]}
  - id: lift
    kind: elevator
    area: a
    mqtt:
      broker: m
      device: house/lift 1
      on_change: true
      topics:
        - {topic: "homie/5/{root}/$state", format: text, availability: {online: [ready], offline: [lost], cleared: true}}
        - {topic: "homie/5/{device}/p", current: true, valid: {path: q, is: [192]}, points: [{point: people, path: p, hold: 10s}]}
`

// What Sparkplug and the smaller words of the mapping language mean once read.
func TestMQTTLanguage(t *testing.T) {
	kinds, profiles := setUp(t)
	c, err := Parse("s.yaml", []byte(sparkplugSite), ".", kinds, profiles, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	if sp := c.Brokers[0].Sparkplug; sp == nil || *sp != (SparkplugHost{Host: "steward", Reorder: 5 * time.Second}) {
		t.Errorf("host is %+v", sp)
	}
	p1, n1, lift := c.Assets[0].MQTT, c.Assets[1].MQTT, c.Assets[2].MQTT
	if *p1.Sparkplug != (SparkplugDevice{"RES01", "edge1", "pump1"}) || n1.Sparkplug.Device != "" || !p1.OnChange {
		t.Errorf("devices are %+v and %+v", p1.Sparkplug, n1.Sparkplug)
	}
	m := p1.Metrics[0]
	if m.Name != "Pump 1/pressure" || m.Point != "discharge_pressure" || m.Transform.Scale != 0.1 || !slices.Equal(m.NA, []string{"-1"}) || !m.Verified {
		t.Errorf("metric is %+v", m)
	}
	if p1.Metrics[1].Hold != 3*time.Second || !n1.Metrics[0].Optional {
		t.Error("hold or optional is lost")
	}
	asset := c.Site.Assets[0]
	if asset.Source != "mqtt m Sparkplug RES01/edge1/pump1" || len(asset.Points) != 2 {
		t.Errorf("asset is %+v", asset)
	}
	for _, a := range c.Site.Assets {
		if slices.ContainsFunc(a.Points, func(p gateway.Point) bool { return p.Fresh != 0 }) {
			t.Errorf("%s reports changes, but its points grow stale: %+v", a.ID, a.Points)
		}
	}
	if a := lift.Topics[0]; a.Filter != "homie/5/house/$state" || !a.Availability.Cleared {
		t.Errorf("state is %+v", a)
	}
	if f := lift.Topics[1]; f.Filter != "homie/5/house/lift 1/p" || f.Fields[0].Hold != 10*time.Second || !f.Current || !reflect.DeepEqual(f.Valid, &Valid{Path: "q", Is: []string{"192"}}) {
		t.Errorf("property is %+v", f)
	}
}
