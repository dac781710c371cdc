/// What this machine is like, and what of it makes runs slow or impossible: the parts of `gradine doctor`. Each reads
/// files whose folder it is given, so that tests can pretend a machine. What a command prints belongs to `cli`.
@NullMarked
package dev.gradine.cli.doctor;

import org.jspecify.annotations.NullMarked;
