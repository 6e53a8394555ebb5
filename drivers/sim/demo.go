package sim

import (
	_ "embed" // demo.yaml, demo-rules.yaml
	"strconv"
	"strings"
)

// FieldPasswordEnv is the variable the demo's site file takes the password of
// the simulated MQTT devices from; their user is FieldUser.
const (
	FieldPasswordEnv = "STEWARD_DEMO_FIELD_PASSWORD"
	FieldUser        = "field"
)

// DemoSite is the demo's site file with its usual ports: Modbus 15021 to
// 15025 and MQTT 11883, all on 127.0.0.1.
//
//go:embed demo.yaml
var DemoSite []byte

// DemoRules is the rule file that belongs to DemoSite, as rules/demo.yaml
// beside it.
//
//go:embed demo-rules.yaml
var DemoRules []byte

const (
	demoBuses   = 5
	demoModbus  = 15020 // one below the first bus
	demoMQTT    = 11883
	highestPort = 65535
)

// Demo returns DemoSite with its ports moved: MQTT to basePort and the buses
// to the DemoPorts-1 ports above it. 0 keeps the usual ones, and so does a
// basePort that does not leave room.
func Demo(basePort int) []byte {
	if basePort <= 0 || basePort+demoBuses > highestPort {
		return []byte(string(DemoSite))
	}
	pairs := []string{address(demoMQTT), address(basePort)}
	for i := 1; i <= demoBuses; i++ {
		pairs = append(pairs, address(demoModbus+i), address(basePort+i))
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(DemoSite)))
}

// DemoPorts is how many ports in a row Demo takes from basePort on.
const DemoPorts = demoBuses + 1

func address(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
