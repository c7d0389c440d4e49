// panic: one panic that is recovered, and one that is not.
//
// Shows: gopanic, deferred calls, recovery back into the function that deferred, fatalpanic, exit.
// Prints, on stderr: "recovered", then Go's own report of the second panic. Ends with status 2.
package main

func careful() {
	defer func() {
		if recover() != nil {
			println("recovered")
		}
	}()
	panic("first")
}

func main() {
	careful()
	defer println("deferred calls run first")
	panic("second")
}
