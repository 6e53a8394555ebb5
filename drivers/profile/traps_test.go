package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steward/drivers/mqtt"
)

// TestMQTTTraps: what payloads are known to do to those who read them in
// haste, and the case that shows that ours does not fall for it.
func TestMQTTTraps(t *testing.T) {
	for trap, shown := range map[string]string{
		"Zigbee2MQTT: contact true is closed":                      "zigbee2mqtt-contact/01-contact-true-is-closed",
		"Zigbee2MQTT: a friendly name holds slashes and spaces":    "zigbee2mqtt-leak/05-availability-both-forms",
		"Zigbee2MQTT: availability is JSON or one word":            "zigbee2mqtt-leak/05-availability-both-forms",
		"Zigbee2MQTT: battery voltage in mV":                       "zigbee2mqtt-leak/01-wet",
		"Zigbee2MQTT: /set is a command, not a state":              "zigbee2mqtt-valve/02-a-command-is-no-state",
		"Zigbee2MQTT: water in L and L/h":                          "zigbee2mqtt-valve/01-meter-in-litres",
		"Sonoff SWV: leak and shortage in one text":                "zigbee2mqtt-valve/03-two-states-in-one-text",
		"a retained message may be old":                            "zigbee2mqtt-leak/06-retained-is-old",
		"a last will's retained message is of now":                 "zigbee2mqtt-bridge/01-state",
		"Shelly Gen1: one scalar a topic, as text":                 "shelly-flood-gen1/01-one-value-a-topic",
		"Shelly: offline while asleep is not gone":                 "shelly-flood-gen1/02-asleep-is-not-gone",
		"Shelly Gen2: offline of a mains device is gone":           "shelly-pro-3em/03-offline",
		"Shelly Gen2: NotifyStatus is partial":                     "shelly-pro-3em/02-partial-and-full",
		"Shelly Gen2: energies in Wh":                              "shelly-pro-3em/02-partial-and-full",
		"Shelly Gen2: the neutral is null without its transformer": "shelly-pro-3em/01-neutral-without-a-transformer",
		"Shelly Gen2: no clock after waking":                       "shelly-flood-gen4/03-no-clock-after-waking",
		"Shelly Gen4: cable unplugged stands in a list":            "shelly-flood-gen4/02-cable-unplugged",
		"Tasmota: local time without a zone":                       "tasmota-energy-3phase/01-arrays-and-local-time",
		"Tasmota: arrays a phase":                                  "tasmota-energy-3phase/01-arrays-and-local-time",
		"Tasmota: scalars of one phase":                            "tasmota-energy/01-one-phase",
		"Tasmota: Online and Offline begin with a capital":         "tasmota-energy-3phase/02-state-and-last-will",
		"ChirpStack: no codec, no object":                          "chirpstack-milesight-em300-sld/05-no-codec-no-object",
		"ChirpStack: zero and false are left out":                  "chirpstack-milesight-em300-sld/04-zero-is-left-out",
		"ChirpStack: time with nanoseconds":                        "chirpstack-milesight-em300-sld/01-leak",
		"Milesight: enums are words":                               "chirpstack-milesight-em300-sld/01-leak",
		"Milesight: history is not now":                            "chirpstack-milesight-em300-sld/03-history-is-not-now",
		"Milesight: history beside live values":                    "chirpstack-milesight-em300-di/01-pulses-in-history",
		"Milesight: read failed in place of a value":               "chirpstack-milesight-em300-sld/06-read-failed",
		"Milesight: read failed beside a value that is not there":  "chirpstack-milesight-ct303/02-read-failed",
		"Milesight: depth renamed to water_level":                  "chirpstack-milesight-em500-swl/02-newer-decoder",
		"Dragino: numbers as texts with units":                     "chirpstack-dragino-ldds75/01-numbers-with-units",
		"Dragino: words where a distance should be":                "chirpstack-dragino-ldds75/02-too-near",
		"Dragino: 0 and 1, or LEAK and NO LEAK":                    "chirpstack-dragino-lwl02/03-the-other-firmware",
		"Dragino: times in minutes":                                "chirpstack-dragino-lds02/01-door-open",
		"Dragino: one decoder for doors and leaks":                 "chirpstack-dragino-lwl02/04-a-door-is-no-leak",
		"Dragino: a broken loop reads as pressure 0":               "chirpstack-dragino-ps-lb/01-broken-loop",
		"Homie: everything is a text, lower-case booleans":         "homie5-pump/01-texts",
		"Homie: NaN, Infinity, and empty as one zero byte":         "homie5-pump/04-no-number",
		"Homie: lost, disconnected and sleeping":                   "homie5-pump/02-lost-disconnected-asleep",
		"Homie: a cleared $state is a removed device":              "homie5-pump/03-removed",
		"Homie: a lost root takes its children with it":            "homie5-pump/05-the-root-is-lost",
		"ADAM: a quality other than 192":                           "advantech-adam6050-mqtt/02-bad-quality",
		"ES1500: a terminal's sensor fault is no lift fault":       "es1500/03-sensor-fault-is-no-lift-fault",
		"ES1500: blocks are left out":                              "es1500/02-trapped",
		"ES1500: scalars as texts":                                 "es1500/01-running-up",
		"ES1500: the people sensor flaps":                          "es1500/04-people-flap",
		"Sparkplug: aliases, null, NDEATH":                         "sparkplug-pump/01-life",
		"Sparkplug: a gap ends in a rebirth":                       "sparkplug-pump/02-gap",
		"Sparkplug: DDEATH counts in the sequence":                 "sparkplug-pump/03-device-death",
		"Sparkplug: nothing is read before a birth":                "sparkplug-pump/04-before-the-birth",
		"NaN, dashes, ERR and error values are no numbers":         "in-place/01-words-for-no-number",
		"an empty payload clears a retained one":                   "in-place/02-empty-clears",
	} {
		t.Run(strings.ReplaceAll(trap, "/", " per "), func(t *testing.T) {
			p, _ := builtin(t).Profile(filepath.Dir(shown))
			runMQTTCase(t, builtin(t), p, filepath.Join(mqttCases, shown))
		})
	}
}

// BenchmarkChirpStack decodes an uplink by its shipped profile, whatever the
// caller does with the readings included.
func BenchmarkChirpStack(b *testing.B) {
	set, err := once()
	if err != nil {
		b.Fatal(err)
	}
	for profile, c := range map[string]string{
		"chirpstack-milesight-em300-sld": "01-leak", "chirpstack-milesight-em300-di": "01-pulses-in-history", "chirpstack-dragino-ldds75": "01-numbers-with-units",
	} {
		b.Run(profile, func(b *testing.B) {
			folder := filepath.Join(mqttCases, profile, c)
			var m mqttCase
			readYAML(b, filepath.Join(folder, "message.yaml"), &m)
			p, _ := set.Profile(profile)
			d, err := mqtt.NewDecoder(mqttSite(b, set, p, &m), "main", m.Received)
			if err != nil {
				b.Fatal(err)
			}
			payload, err := os.ReadFile(filepath.Join(folder, m.Messages[0].File))
			if err != nil {
				b.Fatal(err)
			}
			message := mqtt.Message{Topic: m.Messages[0].Topic, Payload: payload, Received: m.Received}
			b.ReportAllocs()
			for b.Loop() {
				if rs, err := d.Decode(message); err != nil || len(rs) == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}
