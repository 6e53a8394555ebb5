package mqtt

import "syscall"

// setLowWater says how many bytes must have come before the kernel reports a
// socket as readable. Go's poller is woken by every segment, even while nobody
// reads: with a broker that writes each message by itself that was half of the
// driver's CPU. Where it cannot be set nothing is lost but that.
func setLowWater(c syscall.RawConn, bytes int) {
	_ = c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, bytes)
	})
}
