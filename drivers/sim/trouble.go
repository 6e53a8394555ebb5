package sim

import "math"

// What a lift does when it must not move any more: invented, plausible.
const (
	rescueSpeed  = 0.3  // m/s, on the rescue device's battery
	lightsOut    = 90.0 // s until the battery of a lift's terminal is empty
	buttonAfter  = 10.0 // s until somebody in a standing car presses the button
	buttonFor    = 8.0  // s
	betweenShare = 0.45 // of a floor's height: where a trapped car stands
	freed        = 40.0 // s that the door stands open for those who get out
	underVoltage = 9    // NICE3000+ E09
)

// supplied is a model that can lose its electric supply.
type supplied interface{ supply(on bool) }

// mortal is a model that stops telling anything some time after it has lost
// its supply.
type mortal interface{ dark() bool }

// trap stops the car between two floors with people in it, or frees them.
func (e *elevator) trap(on bool) {
	if on == e.held {
		return
	}
	e.held, e.since = on, 0
	e.stops, e.moving, e.speed, e.blocked = nil, false, 0, false
	floor := math.Min(math.Floor(e.position/floorHeight), float64(e.floors-2))
	if on {
		e.position = (floor + betweenShare) * floorHeight
		e.load = max(e.load, 2*person)
		e.door, e.left = doorClosed, 0
		return
	}
	e.position, e.load = floor*floorHeight, 0
	e.door, e.left = doorOpen, freed
}

// supply gives or takes the electric supply. Without it the rescue device
// brings the car to a floor and lets people out.
func (e *elevator) supply(on bool) {
	if on != e.off {
		return
	}
	e.off, e.since = !on, 0
	e.stops, e.moving, e.speed = nil, false, 0
	if on && e.door == doorOpen {
		e.left = freed / 8
	}
}

// rescue creeps to the nearest floor and opens the door there, for good.
func (e *elevator) rescue(dt float64) {
	way := math.Round(e.position/floorHeight)*floorHeight - e.position
	if math.Abs(way) > rescueSpeed*dt {
		e.speed = math.Copysign(rescueSpeed, way)
		e.position += e.speed * dt
		return
	}
	e.position += way
	e.speed, e.load, e.door = 0, 0, doorOpen
}

// dark reports whether what watches the lift is out of supply: a terminal has
// a small battery, while the rescue device's keeps a controller alive.
func (e *elevator) dark() bool { return e.off && e.since > lightsOut && e.s.has("trapped") }

// writeTrouble writes what is false or normal while all is well.
func (e *elevator) writeTrouble() {
	s := e.s
	for _, off := range []string{
		"locked", "bypass", "attendant", "independent", "maintenance", "overspeed", "overtravel_up", "overtravel_down",
		"door_open_running", "door_open_failure", "door_close_failure", "door_repeat", "paused", "tilt_front_back",
		"tilt_left_right", "shaking", "sensor_fault", "ebike", "pit_leak", "fire_mode", "fireman",
	} {
		s.flag(off, false)
	}
	s.flag("trapped", e.held)
	s.flag("stuck", e.held)
	s.flag("alarm_button", e.held && e.since > buttonAfter && e.since < buttonAfter+buttonFor)
	s.flag("safety_circuit", true)
	s.flag("main_power", !e.off)
	s.flag("fault", e.off)
	s.label("mode", "auto")
	s.set("fault_code", 0, "")
	if e.off {
		s.label("mode", "fault")
		s.set("fault_code", underVoltage, "")
	}
}
