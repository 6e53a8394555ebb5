package duty

import "steward/gateway"

// What a person wrote stands in one string, as it was written; what the
// gateway has to tell stands in both languages. Rows written before the gateway
// told both have it in the string, in the language that the site had then.

// Words is why the alarm is as it is.
func (a *Alarm) Words() gateway.Text { return eitherOf(a.Say, a.Reason) }

// Words is why the step was taken.
func (t *Transition) Words() gateway.Text { return eitherOf(t.Say, t.Why) }

// Words is why the input has no number, or none that is good.
func (i *Input) Words() gateway.Text {
	if i.Say == (gateway.Text{}) {
		return ReasonText(i.Reason)
	}
	return i.Say
}

func eitherOf(say gateway.Text, wrote string) gateway.Text {
	if say == (gateway.Text{}) {
		return gateway.Text{ZH: wrote, EN: wrote}
	}
	return say
}
