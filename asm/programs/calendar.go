// calendar: dates, times of day and durations, none of them now.
//
// Exercises: integer arithmetic on seconds and days, formatting and parsing, and that the clocks never run backwards.
// Prints: fixed dates in UTC and in fixed zones.
package main

import (
	"fmt"
	"time"
)

func main() {
	launch := time.Date(2009, time.November, 10, 23, 0, 0, 123456789, time.UTC)
	fmt.Println(launch, launch.Unix(), launch.Weekday(), launch.YearDay())
	for _, layout := range []string{time.RFC3339Nano, time.RFC1123Z, time.Kitchen, "02 Jan 06 15:04 MST", "2006-002", time.StampMicro} {
		fmt.Println(launch.Format(layout))
	}
	tokyo := time.FixedZone("JST", 9*3600)
	fmt.Println(launch.In(tokyo), launch.Equal(launch.In(tokyo)), launch.Truncate(time.Hour).Round(24*time.Hour))
	for _, text := range []string{"2020-02-29T12:34:56Z", "2021-02-29T00:00:00Z", "1969-12-31T23:59:59.5-07:00", "garbage"} {
		t, err := time.Parse(time.RFC3339, text)
		fmt.Println(t.UTC(), err)
	}
	day := time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)
	for i := 0; i < 5; i++ {
		year, week := day.ISOWeek()
		fmt.Println(day.Format("Mon 2 Jan 2006"), year, week)
		day = day.AddDate(1, 2, 3)
	}
	for _, text := range []string{"1h15m30.918s", "-1.5h", "1us", "3d", "9223372036854775807ns"} {
		d, err := time.ParseDuration(text)
		fmt.Println(d, d.Seconds(), d.Round(time.Minute), err)
	}
	fmt.Println(launch.Sub(time.Unix(0, 0)), time.Time{}.IsZero(), time.UnixMilli(1e12).UTC())

	last := time.Now()
	for i := 0; i < 10000; i++ {
		now := time.Now()
		if now.Before(last) {
			fmt.Println("the clock ran backwards")
		}
		last = now
	}
	fmt.Println("the clock is monotonic; this century:", last.Year() >= 2000 && last.Year() < 2100)
}
