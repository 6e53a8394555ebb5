package sim

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// Invented identities of the simulated ChirpStack server.
const (
	chirpstackApplication = "0f3b6c1e-58b1-4c39-9d0a-5e7a2b40c1d2"
	chirpstackTenant      = "6b1d9f0a-2c47-4e0b-8a35-91c4d7e6f803"
	chirpstackProfile     = "c2a7e5d4-1f86-49b3-b0e9-3d5f7a1c6e92"
)

// dress adds what devices of the family say around their values.
func (m *message) dress(root object, s *signals, now time.Time) {
	switch m.family {
	case zigbee2mqtt:
		m.dressZigbee(root, s)
	case shellyRPC:
		m.dressShelly(root, now)
	case chirpstack:
		m.dressChirpStack(root, now)
	}
}

// dressZigbee: a flat object with the state of the radio and the battery.
func (m *message) dressZigbee(root object, s *signals) {
	link, battery, volts := 120.0, 96.0, 3000.0
	if s.has("linkquality") {
		link = s.get("linkquality")
	}
	if s.has("battery") {
		battery = s.get("battery")
		volts = round(2600+battery*4, 0)
	}
	root.fill("linkquality", link)
	root.fill("battery", battery)
	root.fill("voltage", volts)
}

// dressShelly: a NotifyStatus with only what changed or is told in rounds.
func (m *message) dressShelly(root object, now time.Time) {
	if !strings.HasSuffix(m.topic, "/events/rpc") {
		return
	}
	src := strings.TrimSuffix(m.topic, "/events/rpc")
	root.fill("src", src)
	root.fill("dst", src+"/events")
	root.fill("method", "NotifyStatus")
	params := root.within("params")
	params.fill("ts", float64(now.UnixMilli())/1000)
	for _, key := range sortedKeys(params) {
		if c, ok := params[key].(object); ok && strings.Contains(key, ":") {
			var id float64
			_, _ = fmt.Sscanf(key[strings.LastIndexByte(key, ':')+1:], "%g", &id)
			c.fill("id", id)
			if strings.HasPrefix(key, "flood:") {
				c.fill("mute", false)
			}
		}
	}
}

// dressChirpStack: the v4 up event around the codec's object, or the status
// event. Zero and false fields of the envelope are left out, as the server
// does.
func (m *message) dressChirpStack(root object, now time.Time) {
	eui := "24e1240000000000"
	if levels := strings.Split(m.topic, "/"); len(levels) > 3 {
		eui = levels[3]
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %d", eui, m.count)
	sum := h.Sum64()
	root.fill("deduplicationId", fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x",
		uint32(sum), uint16(sum>>32), uint16(sum>>20)&0xFFF, uint16(sum>>8)&0xFFF, sum&0xFFFFFFFFFFFF))
	root.fill("time", now.UTC().Format(time.RFC3339Nano))
	root.fill("deviceInfo", object{
		"tenantId": chirpstackTenant, "tenantName": "Garden",
		"applicationId": chirpstackApplication, "applicationName": "leaks",
		"deviceProfileId": chirpstackProfile, "deviceProfileName": "leak sensor",
		"deviceName": string(m.id), "devEui": eui, "tags": object{"asset": string(m.id)},
	})
	if strings.HasSuffix(m.topic, "/event/status") {
		root.fill("margin", 10.0)
		return
	}
	root.fill("devAddr", fmt.Sprintf("00%06x", sum&0xFFFFFF))
	root.fill("adr", true)
	root.fill("dr", 5.0)
	root.fill("fCnt", float64(m.count))
	root.fill("fPort", 85.0)
	root.fill("data", base64.StdEncoding.EncodeToString([]byte{0x01, 0x75, 0x5C, 0x05, 0x00, byte(sum & 1)}))
	root.within("object")
	heard := root.within("rxInfo").within("0")
	heard.fill("gatewayId", "0016c001f1500001")
	heard.fill("uplinkId", float64(uint32(sum)))
	heard.fill("rssi", -70-float64(sum%20))
	heard.fill("snr", 8.5)
	heard.fill("context", "E3OWOQ==")
	heard.fill("metadata", object{"region_name": "cn470_10", "region_common_name": "CN470"})
	root.fill("txInfo", object{
		"frequency":  486300000.0,
		"modulation": object{"lora": object{"bandwidth": 125000.0, "spreadingFactor": 7.0, "codeRate": "CR_4_5"}},
	})
}
