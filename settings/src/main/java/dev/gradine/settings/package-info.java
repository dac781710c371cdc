/// Settings as records: what a component says of itself is all that command lines, YAML files, checkpoints, reports and
/// PEFT's configuration need. Belongs here: the annotation, and reading and writing such records by name. Does not
/// belong here: any setting, any file format, any command line.
@NullMarked
package dev.gradine.settings;

import org.jspecify.annotations.NullMarked;
