/// Pipelines: stages that are commands, in one file; what they read and wrote, so that what has been done is not done
/// again; rounds; the page about all of it. Belongs here: all of a pipeline but its command line. Does not belong here:
/// what a stage does.
@NullMarked
package dev.gradine.cli.pipeline;

import org.jspecify.annotations.NullMarked;
