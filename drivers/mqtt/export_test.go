package mqtt

import "testing"

// Publish sends a message with mosquitto's own client.
func Publish(t *testing.T, addr, topic, payload string) { t.Helper(); publish(t, addr, topic, payload) }

// Eventually waits for what must happen.
func Eventually(t *testing.T, what string, ok func() bool) { t.Helper(); eventually(t, what, ok) }
