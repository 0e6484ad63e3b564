"""Information-sharing agreements: versions, parties and signatures. Without one signed and in date, no case opens."""
