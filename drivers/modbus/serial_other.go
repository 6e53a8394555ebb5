//go:build !linux

package modbus

import (
	"errors"

	"steward/gateway/config"
)

var errNoSerial = errors.New("serial lines need Linux: use a gateway and rtu+tcp")

func checkSerial(config.Bus) error { return errNoSerial }

func openSerial(config.Bus) (wire, error) { return nil, errNoSerial }
