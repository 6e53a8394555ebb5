package mqtt

import (
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

func number(f float64) *float64 { return &f }

// leakPoints are the points of a leak sensor in the tests.
func leakPoints() []gateway.Point {
	return []gateway.Point{
		{Name: "leak", Type: gateway.Bool},
		{Name: "battery", Type: gateway.Float, Unit: "%", Min: number(0), Max: number(100)},
		{Name: "battery_low", Type: gateway.Bool},
		{Name: "tamper", Type: gateway.Bool},
		{Name: "temperature", Type: gateway.Float, Unit: "degC"},
		{Name: "humidity", Type: gateway.Float, Unit: "%"},
		{Name: "voltage", Type: gateway.Float, Unit: "V"},
		{Name: "fault", Type: gateway.Bool},
	}
}

// testSite makes a site with one broker and one asset per entry.
func testSite(assets map[gateway.AssetID][]config.Topic) *config.Config {
	c := &config.Config{
		Site:    gateway.Site{ID: "test", Zone: time.UTC},
		Brokers: []config.Broker{{ID: "main", ClientID: "steward-test", QoS: 1, KeepAlive: 2 * time.Second}},
		History: config.History{Retention: 400 * 24 * time.Hour},
	}
	for id, topics := range assets {
		c.Site.Assets = append(c.Site.Assets, gateway.Asset{ID: id, Kind: "leak_sensor", Points: leakPoints()})
		c.Assets = append(c.Assets, config.Asset{ID: id, MQTT: &config.MQTTAsset{Broker: "main", Topics: topics}})
	}
	return c
}

// z2mLeak is the mapping of a Zigbee2MQTT leak sensor.
func z2mLeak(filter string) config.Topic {
	return config.Topic{Filter: filter, Format: config.FormatJSON, Fields: []config.Field{
		{Point: "leak", Path: "water_leak"},
		{Point: "battery", Path: "battery"},
		{Point: "battery_low", Path: "battery_low"},
		{Point: "tamper", Path: "tamper"},
		{Point: "temperature", Path: "device_temperature"},
		{Point: "voltage", Path: "voltage", Transform: config.Transform{Scale: 0.001}},
	}}
}

// shellyGen1 are the mappings of a Shelly Flood: one topic a value, as text.
func shellyGen1(device string) []config.Topic {
	text := func(topic string, f config.Field) config.Topic {
		return config.Topic{Filter: "shellies/" + device + "/" + topic, Format: config.FormatText, Fields: []config.Field{f}}
	}
	return []config.Topic{
		text("sensor/flood", config.Field{Point: "leak"}),
		text("sensor/temperature", config.Field{Point: "temperature"}),
		text("sensor/battery", config.Field{Point: "battery"}),
		text("sensor/error", config.Field{Point: "fault"}),
		{
			Filter: "shellies/" + device + "/online", Format: config.FormatText,
			Availability: &config.Availability{Online: []string{"true"}, Offline: []string{"false"}},
		},
	}
}

// shellyGen4 is the mapping of a Shelly Flood Gen4's partial updates.
func shellyGen4(device string) config.Topic {
	return config.Topic{
		Filter: device + "/events/rpc", Format: config.FormatJSON, When: "params.flood:0",
		Time: "params.ts", TimeFormat: "unix",
		Fields: []config.Field{{Point: "leak", Path: "params.flood:0.alarm"}},
	}
}

// milesightSLD are the mappings of a Milesight EM300-SLD behind ChirpStack.
func milesightSLD(device string) []config.Topic {
	enum := config.Transform{Enum: map[string]float64{"normal": 0, "leak": 1}}
	return []config.Topic{
		{
			Filter: "application/+/device/" + device + "/event/up", Format: config.FormatJSON,
			Time: "time", TimeFormat: "rfc3339", Fields: []config.Field{
				{Point: "leak", Path: "object.leakage_status", Transform: enum},
				{Point: "battery", Path: "object.battery"},
				{Point: "temperature", Path: "object.temperature"},
				{Point: "humidity", Path: "object.humidity"},
			},
		},
		{
			Filter: "application/+/device/" + device + "/event/up", Format: config.FormatJSON,
			Each: "object.history", Time: "timestamp", TimeFormat: "unix", Fields: []config.Field{
				{Point: "leak", Path: "leakage_status", Transform: enum},
				{Point: "temperature", Path: "temperature"},
				{Point: "humidity", Path: "humidity"},
			},
		},
	}
}
