// Package drivers holds what every driver shares: how a driver is made, and
// how its sources are kept running.
package drivers

import (
	"log/slog"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// Spec is what a driver needs to make the source of one wire.
type Spec struct {
	Wire   string         // ID of the bus or broker
	Config *config.Config // the whole site; a source uses only its wire's assets
	Log    *slog.Logger
	Now    func() time.Time // the gateway's clock
	Data   string           // folder for what the source must keep over restarts
}

// Driver makes sources. Wires names the wires of a site that are this
// driver's; New makes the source of one of them and does no I/O.
type Driver struct {
	Name  string
	Doc   string
	Wires func(*config.Config) []string
	New   func(Spec) (gateway.Source, error)
}

// BusReporter is a source that reports as a Modbus bus.
type BusReporter interface{ BusStatus() gateway.BusStatus }

// BrokerReporter is a source that reports as an MQTT connection.
type BrokerReporter interface{ BrokerStatus() gateway.BrokerStatus }
