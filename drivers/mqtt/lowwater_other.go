//go:build !linux

package mqtt

import "syscall"

// setLowWater saves CPU on Linux; elsewhere reading works without it.
func setLowWater(syscall.RawConn, int) {}
