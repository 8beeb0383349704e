package main

import (
	"fmt"
	"sort"
	"strconv"
	"time"
)

const (
	numberOfDays = 30
	forgotten    = 7 * 24 * time.Hour
	oldPassword  = 365 * 24 * time.Hour
)

// view is what dashboard.html shows, as webapp/accounts/dashboard.py and webapp/hypermedia/charts.py gather it.
type view struct {
	Session              session
	Live                 int
	Sessions             []row
	Failed               int
	FailedSince          time.Time
	Ends, Read           time.Time
	AskAfter             int
	Advice               []advice
	Days                 []day
	First, Last          string
	Bars                 []bar
	Top, Half            int
	Width                int
	AllLogins, AllFailed int
}

type row struct {
	ID, Device, Ago string
	IsThis          bool
	LastSeenAt      time.Time
}

type advice struct {
	IsDone         bool
	Sentence, Path string
}

type day struct {
	Date           string
	Logins, Failed int
}

type bar struct {
	Name      string
	X         int
	Y, Height string
}

func (s *store) dashboard(session session, now time.Time) view {
	since := session.createdAt
	if session.lastVisitAt.Valid {
		since = session.lastVisitAt.String
	}
	told := s.read(session, dateBefore(now, numberOfDays-1), since)
	live := seenLastFirst(told.sessions, now)
	shown := view{Session: session, Failed: told.failed, FailedSince: moment(since), Ends: session.end(), Read: now}
	shown.Live, shown.Sessions = len(live), rows(live, session.ID, now)
	shown.AskAfter = int(session.end().Sub(now).Seconds()) - 120
	shown.Advice = advise(told.changed, session.createdAt, live, told.failed, now)
	shown.draw(lastDays(told.days, now))
	return shown
}

// lastDays returns the last 30 days, today first.
func lastDays(numbers map[[2]string]int, now time.Time) []day {
	days := make([]day, numberOfDays)
	for ago := range days {
		date := dateBefore(now, ago)
		days[ago] = day{date, numbers[[2]string{"logged_in", date}], numbers[[2]string{"login_failed", date}]}
	}
	return days
}

func dateBefore(now time.Time, days int) string {
	return now.AddDate(0, 0, -days).Format("2006-01-02")
}

// seenLastFirst returns those of the sessions that are live, the one seen last first.
func seenLastFirst(found []session, now time.Time) (live []session) {
	for _, one := range found {
		if one.isLive(now) {
			live = append(live, one)
		}
	}
	sort.Slice(live, func(a, b int) bool {
		if live[a].LastSeenAt.Equal(live[b].LastSeenAt) {
			return live[a].ID < live[b].ID
		}
		return live[a].LastSeenAt.After(live[b].LastSeenAt)
	})
	return live
}

func rows(live []session, this string, now time.Time) (shown []row) {
	for index, one := range live {
		if index < 4 {
			shown = append(shown, row{one.ID, one.Device, ago(now.Sub(one.LastSeenAt)), one.ID == this, one.LastSeenAt})
		}
	}
	return shown
}

func ago(passed time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if number := int(passed / unit.size); number == 1 {
			return "1 " + unit.name + " ago"
		} else if number > 1 {
			return fmt.Sprintf("%d %ss ago", number, unit.name)
		}
	}
	return "just now"
}

func advise(changed, createdAt string, live []session, failed int, now time.Time) []advice {
	if changed == "" {
		changed = createdAt
	}
	unused := 0
	for _, one := range live {
		if now.Sub(one.LastSeenAt) > forgotten {
			unused++
		}
	}
	return []advice{
		either(changed >= now.Add(-oldPassword).Format(stored), "/account/password",
			"Your password is less than a year old", "Choose a new password: yours is over a year old"),
		either(unused == 0, "/account/sessions",
			"No session lies forgotten", "End the sessions that nobody used for a week"),
		either(failed == 0, "/account/activity",
			"No failed log-in since your last visit", "Look at the failed log-ins: was it you?"),
	}
}

func either(isDone bool, path, done, open string) advice {
	if isDone {
		return advice{true, done, path}
	}
	return advice{false, open, path}
}

// draw adds the chart: its days, its scale and its bars.
func (v *view) draw(days []day) {
	most := 0
	for _, one := range days {
		v.AllLogins, v.AllFailed = v.AllLogins+one.Logins, v.AllFailed+one.Failed
		if both := one.Logins + one.Failed; both > most {
			most = both
		}
	}
	v.Days, v.Width, v.Top = days, 10*len(days), top(most)
	v.Half, v.First, v.Last = v.Top/2, days[len(days)-1].Date, days[0].Date
	for ago := len(days) - 1; ago >= 0; ago-- {
		x := (len(days)-1-ago)*10 + 2
		v.stack(x, 0, days[ago].Logins, "logins")
		v.stack(x, days[ago].Logins, days[ago].Failed, "failed")
	}
}

func (v *view) stack(x, below, number int, name string) {
	if number > 0 {
		height := 100 * float64(number) / float64(v.Top)
		base := 100 * float64(below+number) / float64(v.Top)
		v.Bars = append(v.Bars, bar{name, x, rounded(100 - base), rounded(height)})
	}
}

func rounded(number float64) string {
	return strconv.FormatFloat(number, 'f', 2, 64)
}

// top returns the end of the scale: the next of 4, 6, 8, 10, 20, 30, 40, 60, … that is high enough.
func top(most int) int {
	for power := 1; ; power *= 10 {
		for _, end := range []int{4, 6, 8, 10, 20, 30} {
			if end*power >= most {
				return end * power
			}
		}
	}
}
