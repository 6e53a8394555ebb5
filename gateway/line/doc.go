// Package line writes and reads the journal's entries: InfluxDB line
// protocol, one line per reading, nanoseconds:
//
//	<kind>,area=<area>,asset=<asset>,kind=<kind>,site=<site> <fields> <time>
//
// A good value is one field, <point>=<v>, typed by its point: float 1.5, int
// and enum 12i, bool true. An uncertain one is <point>.uncertain=<v> with
// <point>.quality="uncertain" and, where there is one, <point>.reason="…".
// Any other quality has no number: <point>.quality and <point>.reason alone.
// So nothing that is not good is ever written as a value that looks good.
// The last field is always received=<ns>i, the time of arrival. Point names
// never contain '.'.
package line
