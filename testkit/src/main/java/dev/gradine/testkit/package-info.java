/// What every module's tests share: cases, tolerances, slopes, and checks that the checks can fail. Knows the JDK,
/// JUnit and AssertJ only, never a class of ours: the lowest module tests itself with it.
@NullMarked
package dev.gradine.testkit;

import org.jspecify.annotations.NullMarked;
