package config

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"steward/gateway"
)

// A lift that has no bus, a pump whose pressure is a current, and the same
// over MQTT: what borrowing channels comes to.
const borrowedSite = `
site: {id: s, timezone: UTC}
modbus: [{id: io, url: "tcp://10.0.0.1:502"}]
mqtt: [{id: m, broker: "tcp://10.0.0.1:1883"}]
areas: [{id: a}]
assets:
  - id: lift
    kind: elevator
    area: a
    modbus:
      bus: io
      unit: 7
      profile: wellpro-wp8026
      map:
        trapped: di1
        main_power: {from: di3, invert: true}
        door_state: {from: di4, enum: {false: closed, true: open}}
      points: [{point: fault, table: holding, address: 9, bit: 2}]
  - {id: lift-2, kind: elevator, area: a, modbus: {bus: io, unit: 7, profile: wellpro-wp8026, map: {trapped: di9}}}
  - id: pump
    kind: pump
    area: a
    modbus:
      bus: io
      unit: 8
      profile: wb-mai6-current
      map:
        discharge_pressure: {from: loop_current1, range: {from: [4, 20], to: [0, 1.6]}, unit: MPa, max: 1.6}
        suction_pressure: {from: loop_current2, range: {from: [20, 4], to: [0, 1]}}
        bearing_temperature: {from: loop_current3, range: {from: [4, 20], to: [150, -50]}}
        motor_temperature: {from: device_temperature, offset: -1}
  - {id: adam, kind: elevator, area: a, mqtt: {broker: m, profile: advantech-adam6050-mqtt, device: X, map: {trapped: di1, main_power: {from: di2, invert: true}}}}
`

func TestBorrowedChannels(t *testing.T) {
	kinds, profiles := setUp(t)
	c, err := Parse("s.yaml", []byte(borrowedSite), ".", kinds, profiles, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	site, lift := asset(t, c, "lift")
	got := map[string]Register{}
	for _, r := range lift.Modbus.Points {
		got[r.Point] = r
	}
	if len(got) != 4 || len(site.Points) != 4 {
		t.Fatalf("lift reads %+v", lift.Modbus.Points)
	}
	if r := got["trapped"]; r.Table != DiscreteInputs || r.Address != 0 || r.Transform.Invert || r.Verified {
		t.Errorf("trapped is %+v", r)
	}
	if r := got["main_power"]; r.Address != 2 || !r.Transform.Invert {
		t.Errorf("main_power is %+v", r)
	}
	if r := got["door_state"]; !reflect.DeepEqual(r.Transform.Enum, map[string]float64{"0": 0, "1": 2}) {
		t.Errorf("door_state is %+v", r)
	}
	_, pump := asset(t, c, "pump")
	for _, r := range pump.Modbus.Points {
		tr := r.Transform
		milliamp := func(ma float64) float64 { return math.Round((ma*1e6*tr.Scale+tr.Offset)*1e9) / 1e9 }
		switch r.Point {
		case "discharge_pressure":
			if milliamp(4) != 0 || milliamp(12) != 0.8 || *tr.Max != 1.6 || !strings.Contains(tr.Loop.Fault(milliamp(3.5)), "below 3.6 mA: broken wire") ||
				!strings.Contains(tr.Loop.Fault(milliamp(21.1)), "above 21 mA: short") || tr.Loop.Fault(milliamp(3.7)) != "" || tr.Loop.Fault(milliamp(20.9)) != "" {
				t.Errorf("discharge_pressure is %+v, loop %+v", tr, tr.Loop)
			}
		case "suction_pressure": // 20 is written first
			if tr.Loop == nil || milliamp(20) != 0 || milliamp(4) != 1 {
				t.Errorf("suction_pressure is %+v", tr)
			}
		case "bearing_temperature":
			if milliamp(4) != 150 || !strings.Contains(tr.Loop.Fault(milliamp(3.5)), "below 3.6 mA") || !strings.Contains(tr.Loop.Fault(milliamp(21.5)), "above 21 mA") {
				t.Errorf("bearing_temperature is %+v, loop %+v", tr, tr.Loop)
			}
		case "motor_temperature":
			if tr.Scale != 0.1 || tr.Offset != -1 {
				t.Errorf("motor_temperature is %+v", tr)
			}
		default:
			t.Errorf("%s is read too", r.Point)
		}
	}
	_, adam := asset(t, c, "adam")
	if n := len(adam.MQTT.Topics); n != 2 || len(adam.MQTT.Topics[0].Fields) != 2 || adam.MQTT.Topics[1].Availability == nil {
		t.Fatalf("adam reads %+v", adam.MQTT.Topics)
	}
	if f := adam.MQTT.Topics[0].Fields[1]; f.Point != "main_power" || !f.Transform.Invert || adam.MQTT.Topics[0].Valid == nil {
		t.Errorf("main_power is %+v", f)
	}
}

// over's cases that no shipped profile has.
func TestOver(t *testing.T) {
	flip := way{Transform{Scale: 1, Invert: true}, true}
	names := flip.over(Transform{Scale: 1, Enum: map[string]float64{"on": 1, "off": 0}}, true)
	if !reflect.DeepEqual(names.Enum, map[string]float64{"on": 0, "off": 1}) {
		t.Errorf("inverted texts are %+v", names)
	}
	twice := flip.over(Transform{Scale: 1, Enum: map[string]float64{"on": 1, "off": 0}, Invert: true}, true)
	if !reflect.DeepEqual(twice.Enum, map[string]float64{"on": 1, "off": 0}) || twice.Invert {
		t.Errorf("twice inverted texts are %+v", twice)
	}
	if back := flip.over(Transform{Scale: 1, Invert: true}, false); back.Invert {
		t.Error("twice inverted is inverted")
	}
	named := way{Transform{Scale: 1, Enum: map[string]float64{"0": 7, "1": 9}}, true}
	if got := named.over(Transform{Invert: true}, false).Enum; !reflect.DeepEqual(got, map[string]float64{"1": 7, "0": 9}) {
		t.Errorf("an enum over an inverted bit is %v", got)
	}
	f := Field{Absent: new(float64)}
	if got := flip.field(f, gateway.Point{Name: "trapped", Type: gateway.Bool}, &borrowBlock{}); *got.Absent != 1 {
		t.Errorf("absent is %v", *got.Absent)
	}
}

func TestSchemaTakesMaps(t *testing.T) {
	r := resolved(t)
	var v any
	if err := yaml.Unmarshal([]byte(borrowedSite), &v); err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(v); err != nil {
		t.Error(err)
	}
}
