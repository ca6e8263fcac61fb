package dev.coracle.controller.job;

/** Why a Job ends; the target condition comes first, the final one when no Pod runs any more. */
record JobEnd(boolean success, String reason, String message) {}
